"""Differences between two configs, contract by contract and chain by chain, whatever their layout."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from belts.envio.change import rules
from belts.envio.change.kept import ABI, CHAINS, DIGEST, Kept
from belts.envio.change.rules import Reason, Rule
from belts.envio.files import CODE
from belts.envio.sources import SOURCES

Heights = Mapping[int, int] | str
"""The last block of each chain that the belt has passed; or a string that says why it is unknown."""
Registered = Mapping[int, Collection[str]]
"""The addresses of contracts that the belt has found while indexing, by chain, in lower case."""
NONE: Registered = {}
Tree = Mapping[str, Any]
APART = frozenset({*CHAINS, "contracts", "description", "handlers", "schema"})
"""Keys that are compared separately; the schema's path decides nothing."""
OF_CHAIN = frozenset({*SOURCES, "id", "contracts"})
OF_CONTRACT = frozenset({"name", "address", "start_block", "events", "handler", ABI})
WILDCARD = re.compile(r"\bwildcard\b")


def changes(old: Kept, new: Kept, heights: Heights, registered: Registered = NONE) -> Iterator[Reason]:
    """Yields every difference."""
    before, after = old.config, new.config
    yield from _settings(rules.SETTING, before, after, APART, "")
    if before.get("description") != after.get("description"):
        yield _reason(rules.DESCRIPTION, "description")
    if before.get("handlers") != after.get("handlers"):
        yield _reason(rules.HANDLER_PATH, f"handlers: {_pair(before.get('handlers'), after.get('handlers'))}")
    yield from _unused(old, new)
    one, other = _chains(before), _chains(after)
    yield from (_reason(rules.CHAIN_ADDED, f"chain {each}") for each in sorted(other.keys() - one.keys()))
    yield from (_reason(rules.CHAIN_REMOVED, f"chain {each}") for each in sorted(one.keys() - other.keys()))
    for chain in sorted(one.keys() & other.keys()):
        yield from _settings(rules.CHAIN, one[chain], other[chain], OF_CHAIN, f"chain {chain}: ")
        if any(one[chain].get(key) != other[chain].get(key) for key in SOURCES):
            yield _reason(rules.SOURCE, f"chain {chain}")
        taken = dict.fromkeys(registered.get(chain, ()), "a contract that was found while indexing")
        yield from _contracts(chain, old, new, heights, taken)


def _contracts(
    chain: int, old: Kept, new: Kept, heights: Heights, taken: Mapping[str, str]
) -> Iterator[Reason]:
    before, after = _on(chain, old), _on(chain, new)
    own = {address: name for name, each in before.items() for address in each["addresses"]}
    for name in sorted(before.keys() - after.keys()):
        yield _reason(rules.REMOVED, f"{name} on chain {chain}")
    for name in sorted(after.keys() - before.keys()):
        if where := _everywhere(name, new.code):
            yield _reason(rules.UNCLEAR, f"{name} on chain {chain}: by {where} its handlers may be wildcards")
        yield _new(chain, name, after[name], heights, {**taken, **own})
    for name in sorted(before.keys() & after.keys()):
        yield from _contract(f"{name} on chain {chain}", before[name], after[name])


def _everywhere(name: str, code: Mapping[str, str]) -> str:
    """A file whose handlers may match the contract's logs from any address and block; empty if none.

    An indexer that resumes does not fetch such logs below its heights, wherever their contract begins.
    """
    for path, text in code.items():
        unread = text.startswith(DIGEST) and PurePosixPath(path).suffix in CODE
        if unread or (WILDCARD.search(text) and re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text)):
            return path
    return ""


def _new(chain: int, name: str, contract: Tree, heights: Heights, taken: Mapping[str, str]) -> Reason:
    what, start = f"{name} on chain {chain}, from block {contract['start']}", contract["start"]
    shared = sorted({taken[address] for address in contract["addresses"] if address in taken})
    if shared:
        return _reason(rules.UNCLEAR, f"{what}: it has an address of {', '.join(shared)}")
    if not contract["addresses"]:
        return _reason(rules.REACHED, f"{what}: it has no address, and is found by logs of others")
    if isinstance(heights, str) or chain not in heights:
        why = heights if isinstance(heights, str) else "it says nothing of that chain"
        return _reason(rules.UNCLEAR, f"{what}: whether the belt has reached that block is not known ({why})")
    at = f"{what}; the belt is at {heights[chain]}"
    return _reason(rules.AHEAD if start > heights[chain] else rules.REACHED, at)


def _contract(where: str, before: Tree, after: Tree) -> Iterator[Reason]:
    one, other = before["addresses"], after["addresses"]
    if sorted(one) != sorted(other):
        gone, new = sorted(set(one) - set(other)), sorted(set(other) - set(one))
        told = [f"without {', '.join(gone)}"] if gone else []
        told += [f"with {', '.join(new)}"] if new else []
        yield _reason(rules.CONTRACT, f"{where}: {' and '.join(told) or 'its addresses'}")
    elif one != other:
        yield _reason(rules.ORDER, f"{where}: its addresses")
    if before["start"] != after["start"]:
        yield _reason(rules.CONTRACT, f"{where}: start_block {_pair(before['start'], after['start'])}")
    if sorted(before["events"]) != sorted(after["events"]) or before["abi"] != after["abi"]:
        yield _reason(rules.EVENT, f"{where}: {_events(before, after)}")
    elif before["events"] != after["events"]:
        yield _reason(rules.ORDER, f"{where}: its events")
    if before["handler"] != after["handler"]:
        yield _reason(rules.HANDLER_PATH, f"{where}: {_pair(before['handler'], after['handler'])}")
    yield from _settings(rules.CONTRACT, before["more"], after["more"], frozenset(), f"{where}: ")


def _events(before: Tree, after: Tree) -> str:
    gone = [event for event in before["events"] if event not in after["events"]]
    new = [event for event in after["events"] if event not in before["events"]]
    told = [f"without {each}" for each in gone] + [f"with {each}" for each in new]
    return "; ".join(told) or "its ABI"


def _settings(rule: Rule, before: Tree, after: Tree, apart: frozenset[str], where: str) -> Iterator[Reason]:
    for key in sorted((before.keys() | after.keys()) - apart):
        if before.get(key) != after.get(key):
            yield _reason(rule, f"{where}{key} {_pair(before.get(key), after.get(key))}")


def _unused(old: Kept, new: Kept) -> Iterator[Reason]:
    """Changes of contracts that no chain of either config has: code may still use them."""
    before, after = old.config, new.config
    used = {
        name for config in (before, after) for chain in _chains(config).values() for name in _names(chain)
    }
    one, other = _shared(before), _shared(after)
    for name in sorted((one.keys() | other.keys()) - used):
        if (one.get(name), _abi(one.get(name), old)) != (other.get(name), _abi(other.get(name), new)):
            yield _reason(rules.SETTING, f"contracts: {name}, which no chain has")


def _on(chain: int, kept: Kept) -> dict[str, Tree]:
    """The contracts of a chain, merged with their shared definitions."""
    shared, place = _shared(kept.config), _chains(kept.config)[chain]
    found: dict[str, Tree] = {}
    for own in _maps(place.get("contracts")):
        name = str(own.get("name"))
        definition = own if own.get("events") else {**shared.get(name, {}), **own}
        start = own.get("start_block")
        found[name] = {
            "addresses": _addresses(own.get("address")),
            "start": start if isinstance(start, int) else place.get("start_block", 0),
            "events": [_event(event) for event in definition.get("events") or ()],
            "handler": definition.get("handler"),
            "abi": _abi(definition, kept),
            "more": {key: value for key, value in definition.items() if key not in OF_CONTRACT},
        }
    return found


def _chains(config: Tree) -> dict[int, Tree]:
    return {
        each["id"]: each
        for key in CHAINS
        for each in _maps(config.get(key))
        if isinstance(each.get("id"), int)
    }


def _names(chain: Tree) -> list[str]:
    return [str(each.get("name")) for each in _maps(chain.get("contracts"))]


def _shared(config: Tree) -> dict[str, Tree]:
    return {str(each.get("name")): each for each in _maps(config.get("contracts"))}


def _maps(told: object) -> list[Tree]:
    return [each for each in told if isinstance(each, Mapping)] if isinstance(told, list) else []


def _addresses(told: object) -> list[str]:
    """Addresses in lower case; without quotes, YAML reads an address as a number."""
    each = told if isinstance(told, list) else [] if told is None else [told]
    return [f"0x{one:040x}" if isinstance(one, int) else str(one).lower() for one in each]


def _event(told: object) -> str:
    """An event with normalized spaces in its signature, and sorted keys."""
    if not isinstance(told, Mapping):
        return json.dumps(told)
    signature = re.sub(r"\s+", " ", str(told.get("event", ""))).strip().removeprefix("event ")
    more = {key: value for key, value in told.items() if key != "event"}
    return signature + (f" {json.dumps(more, sort_keys=True)}" if more else "")


def _abi(definition: Tree | None, kept: Kept) -> Any:
    path = (definition or {}).get(ABI)
    return _json(kept.abis.get(str(path), "")) if path else None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _pair(before: object, after: object) -> str:
    return f"{_shown(before)} → {_shown(after)}"


def _shown(value: object) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _reason(rule: Rule, what: str) -> Reason:
    return Reason(rule=rule, what=what)
