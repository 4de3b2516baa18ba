"""Reads an Envio config: the footprint, and the files it names. Variables in it stay unfilled."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from eth_hash.auto import keccak

from belts.envio.footprint import Contract, Event
from belts.envio.release import FORMS, ConfigKeys
from belts.reading.node import Node

SIGNATURE = re.compile(r"\s*(?:event\s+)?([A-Za-z_$][\w$]*)\s*\(.*\)\s*(?:anonymous)?\s*;?\s*", re.DOTALL)
ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
NAME = re.compile(r"[A-Za-z_$][\w$]*")
DEFAULT_SCHEMA = "schema.graphql"
DEFAULT_HANDLERS = "src/handlers"


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A file that the config names, and the place in the config."""

    place: str
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """The content of one config, after validation."""

    name: str
    chains: tuple[int, ...]
    contracts: tuple[Contract, ...]
    events: Mapping[str, tuple[Event, ...]]
    schema: Named
    handlers: str
    handler_files: tuple[Named, ...]
    abi_files: tuple[Named, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Definition:
    """A contract's definition for any chain: its events and the files it names."""

    events: tuple[Event, ...] = ()
    files: tuple[tuple[str, Named], ...] = ()


def config(top: Node, keys: ConfigKeys, *, of: str) -> Config:
    """Reads the config in the form of release `of`."""
    given = [each for each in FORMS if top.at(each).given]
    another = given[0] if given and keys.chains not in given else None
    if another:
        expected = f"`{keys.chains}`, as configs of Envio {of} have it"
        top.at(another).wrong(expected, "a config in the form of another release")
    top.is_map(keys.config | ({another} if another else frozenset()))
    ecosystem = top.at("ecosystem")
    if ecosystem.value not in {None, "evm"}:
        ecosystem.wrong("evm, the one ecosystem that belts know")
    elsewhere = top.at("storage").at("clickhouse")
    if elsewhere.given and elsewhere.value is not False:
        elsewhere.wrong("Postgres alone: nobody proves what is kept in ClickHouse")
    shared = _shared(top.at("contracts"), keys)
    chains: list[int] = []
    contracts: list[Contract] = []
    files: list[tuple[str, Named]] = [named for definition in shared.values() for named in definition.files]
    events = {name: definition.events for name, definition in shared.items()}
    for chain in top.at(another or keys.chains).each("a list of chains", required=True):
        if not another and not chain.is_map(keys.chain):  # keys of another form say nothing more
            continue
        number = chain.at("id").whole(least=1, expected="a chain id")
        if number in chains:
            chain.at("id").wrong("an id that no other chain of this config has")
        chains.append(number)
        start = chain.at("start_block").whole(expected="a block number")
        for contract, definition in _on_chain(chain, number, start, shared, keys):
            contracts.append(contract)
            files += definition.files if definition is not shared.get(contract.name) else ()
            events[contract.name] = definition.events
    schema = top.at("schema")
    handlers = top.at("handlers")
    return Config(
        name=top.at("name").text("the name of the indexer"),
        chains=tuple(sorted(chains)),
        contracts=tuple(sorted(contracts)),
        events=events,
        schema=Named(place=schema.path, path=schema.text("a path") if schema.given else DEFAULT_SCHEMA),
        handlers=handlers.text("a directory") if handlers.given else DEFAULT_HANDLERS,
        handler_files=tuple(named for kind, named in files if kind == "handler"),
        abi_files=tuple(named for kind, named in files if kind == "abi_file_path"),
    )


def _shared(contracts: Node, keys: ConfigKeys) -> dict[str, _Definition]:
    """The contracts defined once for all chains."""
    shared: dict[str, _Definition] = {}
    for node in contracts.each("a list of contracts"):
        if not node.is_map(keys.contract):
            continue
        name = node.at("name").text("the name of a contract")
        if name in shared:
            node.at("name").wrong("a name that no other contract of this config has")
        shared[name] = _definition(node, keys)
    return shared


def _on_chain(
    chain: Node, number: int, start: int, shared: Mapping[str, _Definition], keys: ConfigKeys
) -> list[tuple[Contract, _Definition]]:
    found: dict[str, tuple[Contract, _Definition]] = {}
    for node in chain.at("contracts").each("a list of contracts"):
        if not node.is_map(keys.chain_contract):
            continue
        name = node.at("name").text("the name of a contract")
        if name in found:
            node.at("name").wrong("a contract once a chain, with all its addresses")
        definition = shared.get(name, _Definition())
        if node.at("events").given:
            definition = _definition(node, keys)
        elif name and name not in shared:
            node.at("name").wrong(f"a contract with events of its own, or one of {sorted(shared)}")
        own = node.at("start_block")
        contract = Contract(
            chain=number,
            name=name,
            addresses=_addresses(node.at("address")),
            start_block=own.whole(expected="a block number") if own.given else start,
            events=tuple(sorted(event.name for event in definition.events)),
        )
        found[name] = (contract, definition)
    return list(found.values())


def _definition(node: Node, keys: ConfigKeys) -> _Definition:
    files = tuple(
        (kind, Named(place=node.at(kind).path, path=node.at(kind).text("a path")))
        for kind in ("handler", "abi_file_path")
        if node.at(kind).given
    )
    with_abi = any(kind == "abi_file_path" for kind, _ in files)
    events = [
        _event(item, keys, with_abi=with_abi)
        for item in node.at("events").each("a list of events", required=True)
    ]
    names = [event.name for event in events]
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        node.at("events").wrong(f"events with names of their own, and {name} is there twice")
    return _Definition(events=tuple(events), files=files)


def _event(node: Node, keys: ConfigKeys, *, with_abi: bool) -> Event:
    if not node.is_map(keys.event):
        return Event(name="", signature=None)
    written = node.at("event")
    text = written.text("a signature, or the name of an event in the ABI")
    own = node.at("name")
    name = own.text("a name") if own.given else ""
    if match := SIGNATURE.fullmatch(text):
        return Event(name=name or match[1], signature=text.strip())
    if text and not (with_abi and NAME.fullmatch(text)):
        written.wrong("a signature, or the name of an event in the file that `abi_file_path` names")
    return Event(name=name or text, signature=None)


def _addresses(node: Node) -> tuple[str, ...]:
    if not node.given:
        return ()
    several = node.each("addresses") if isinstance(node.value, list) else iter([node])
    return tuple(sorted({address for each in several if (address := _address(each))}))


def _address(node: Node) -> str:
    value = node.value
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**160:
        value = f"0x{value:040x}"  # without quotes, YAML takes an address for a number
    if isinstance(value, str) and ADDRESS.fullmatch(value):
        right = _checksummed(value.lower())
        if value in {right, value.lower()}:
            return right
    node.wrong("an address of 20 bytes, in lower case or with its checksum")
    return ""


def _checksummed(address: str) -> str:
    """The address with its EIP-55 checksum; the library for that loads slower than everything else here."""
    digest = keccak(address.removeprefix("0x").encode()).hex()
    letters = zip(address.removeprefix("0x"), digest, strict=False)
    return "0x" + "".join(letter.upper() if int(nibble, 16) >= 8 else letter for letter, nibble in letters)
