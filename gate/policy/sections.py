"""Readers of the policy's sections."""

from collections.abc import Callable, Collection, Iterator
from datetime import date
from typing import TypeVar

from belts.reading.mistakes import meant
from belts.reading.node import Node, distinct
from gate.addresses import address
from gate.policy import proof
from gate.policy.across import across_chains
from gate.policy.chains import (
    DEFAULT_COMPARE_WITHIN,
    DEFAULT_LAG_LIMIT,
    DEFAULT_REORG_DEPTH,
    ExpectedChain,
    Finality,
    Receipts,
)
from gate.policy.entities import Compare, EntityPolicy, MayDiffer
from gate.policy.groundtruth import (
    DEFAULT_ROW_ID,
    DEFAULT_WINDOWS,
    EventSignature,
    Golden,
    GroundTruth,
    Windows,
)
from gate.policy.place import DEFAULT_PLACE, place
from gate.policy.signature import EXPECTED, SignatureError, event_signature
from gate.policy.waivers import (
    Acceptance,
    ChainWaiver,
    DataWaiver,
    EntityWaiver,
    LostWaiver,
    Recovery,
    SchemaWaiver,
    Waiver,
    Waivers,
)

W = TypeVar("W", bound=Waiver)

BELT = r"[a-z][a-z0-9-]*"
NO_EVENT = EventSignature(text="", name="", types=(), indexed=(), arguments=(), topic0="")


def chains(node: Node) -> tuple[ExpectedChain, ...]:
    """Reads the chains by id, in order."""
    if node.value == {} or not node.given:
        node.wrong("at least one chain: a policy without chains leaves nothing to prove")
        return ()
    found = []
    for key, entry in node.items():
        if isinstance(key, bool) or not isinstance(key, int) or key < 1:
            entry.wrong("chain ids as keys, such as 8453", f"the key {key!r}")
        else:
            found.append(_chain(key, entry))
    return tuple(sorted(found, key=lambda chain: chain.id))


def _chain(chain_id: int, node: Node) -> ExpectedChain:
    """Reads one chain, with at least one provider that is not the belts' own source."""
    fields = node.fields(
        "rpc",
        "indexedFrom",
        "new",
        "lagLimit",
        "reorgDepth",
        "compareWithin",
        "endBlock",
        "finality",
        "receipts",
        "oneNode",
        "severalNodes",
    )
    rpc, own = fields.at("rpc"), fields.at("indexedFrom")
    chain = ExpectedChain(
        id=chain_id,
        rpc=tuple(map(address, rpc.each())),
        indexed_from=tuple(map(address, own.each())),
        new=fields.optional("new", Node.flag, default=False),
        lag_limit=fields.optional("lagLimit", Node.whole, DEFAULT_LAG_LIMIT),
        reorg_depth=fields.optional("reorgDepth", Node.whole, DEFAULT_REORG_DEPTH),
        compare_within=fields.optional("compareWithin", Node.span, DEFAULT_COMPARE_WITHIN),
        finality=fields.optional("finality", lambda entry: entry.one_of(Finality), Finality.TAG),
        receipts=fields.optional("receipts", lambda entry: entry.one_of(Receipts), Receipts.UNKNOWN),
        end_block=fields.optional("endBlock", Node.whole, None),
        one_node=fields.optional("oneNode", Node.flag, default=False),
        several_nodes=fields.optional("severalNodes", lambda entry: entry.text("a reason, in words"), ""),
    )
    if not chain.rpc:
        rpc.wrong("at least one RPC URL")
    elif chain.one_node:
        _one_node(chain, fields)
    elif not chain.independent:
        rpc.wrong(
            "at least one RPC URL of a provider that the belts do not index from, or `oneNode: true` where"
            " the chain has no other node",
            "only theirs",
        )
    elif chain.shared and not chain.several_nodes:
        rpc.wrong(
            "nodes on hosts of their own; `oneNode: true` where one node stands behind several ports, or"
            " `severalNodes: <reason>` where each is a node of its own",
            f"several ports of {chain.shared}",
        )
    if not chain.indexed_from:
        own.wrong("the URLs that the belts index this chain from")
    return chain


def _one_node(chain: ExpectedChain, fields: Node) -> None:
    """Requires that an unconfirmed node's logs prove themselves."""
    if chain.receipts is not Receipts.STANDARD:
        fields.at("receipts").wrong(
            "standard, beside `oneNode`: what one node says of logs counts only with receipts roots"
        )
    if chain.several_nodes:
        fields.at("severalNodes").wrong("nothing beside `oneNode`")


def entities(node: Node) -> tuple[EntityPolicy, ...]:
    """Reads the entities by name, in the order of the file."""
    return tuple(_entity(str(key), entry) for key, entry in node.items())


def _entity(name: str, node: Node) -> EntityPolicy:
    """Reads one entity."""
    fields = node.fields("compare", "chain", "block", "timestamp", "floor", "mayDiffer", "acrossChains")
    return EntityPolicy(
        name=name,
        compare=fields.optional("compare", lambda entry: entry.one_of(Compare), None),
        chain=fields.optional("chain", Node.text, None),
        block=fields.optional("block", Node.text, None),
        timestamp=fields.optional("timestamp", Node.text, None),
        floor=fields.optional("floor", Node.whole, 0),
        may_differ=tuple(map(_may_differ, fields.at("mayDiffer").each())),
        across=fields.optional("acrossChains", across_chains, None),
    )


def _may_differ(node: Node) -> MayDiffer:
    """Reads columns, the chains on whose rows they may differ, and the reason."""
    fields = node.fields("columns", "chains", "reason")
    chains = tuple(entry.whole(least=1, expected="a chain id") for entry in fields.at("chains").each())
    return MayDiffer(columns=_names(fields.at("columns")), chains=chains, reason=_reason(fields))


def ground_truth(node: Node) -> tuple[GroundTruth, ...]:
    """Reads the ground truth; two entries for the same rows are a mistake, as one start would win."""
    entries = list(node.each())
    read = tuple(map(_ground_truth, entries))
    distinct(
        zip(entries, (one.rows for one in read), strict=True),
        what="event of a contract, with its entity and `rowId`,",
        shown=lambda rows: f"{rows[2]} of {rows[1] or 'any contract'} on chain {rows[0]}",
    )
    return read


def _ground_truth(node: Node) -> GroundTruth:
    """Reads one contract's event on one chain."""
    fields = node.fields(
        "chain", "contract", "event", "entity", "goldens", "windows", "rowId", "columns", "place", *proof.KEYS
    )
    goldens = list(fields.at("goldens").each())
    read = tuple(map(_golden, goldens))
    distinct(zip(goldens, read, strict=True), what="golden")
    chain, contract = fields.at("chain").whole(least=1, expected="a chain id"), proof.contract(fields)
    event = _event(fields.at("event"))
    return GroundTruth(
        chain=chain,
        contract=contract,
        event=event,
        entity=fields.at("entity").text("the name of an entity"),
        goldens=read,
        windows=fields.optional("windows", _windows, DEFAULT_WINDOWS),
        row_id=fields.optional("rowId", Node.text, DEFAULT_ROW_ID),
        columns=tuple(
            (str(key), entry.text("a column's name")) for key, entry in fields.at("columns").items()
        ),
        place=fields.optional("place", place, DEFAULT_PLACE),
        start=fields.optional("from", proof.start, None),
        topics=proof.topics(fields.at("topics"), event),
        registered_by=fields.optional("registeredBy", proof.registration, None),
        where=proof.where(fields.at("where")),
        values=proof.values(fields.at("values"), event),
    )


def _event(node: Node) -> EventSignature:
    """Reads an event's signature."""
    text = node.text(EXPECTED)
    try:
        return event_signature(text) if text else NO_EVENT
    except SignatureError:
        node.wrong(EXPECTED)
        return NO_EVENT


def _golden(node: Node) -> Golden:
    """Reads a log known to exist."""
    fields = node.fields("transaction", "logIndex")
    return Golden(
        transaction=fields.at("transaction")
        .text("a transaction's hash: 0x and 64 hex digits", pattern="0x[0-9a-fA-F]{64}")
        .lower(),
        log_index=fields.at("logIndex").whole(expected="the log's index in its block"),
    )


def _windows(node: Node) -> Windows:
    """Reads how much is sampled."""
    fields = node.fields("count", "blocks")
    return Windows(
        count=fields.optional("count", lambda entry: entry.whole(least=1), DEFAULT_WINDOWS.count),
        blocks=fields.optional("blocks", lambda entry: entry.whole(least=1), DEFAULT_WINDOWS.blocks),
    )


def waivers(node: Node) -> Waivers:
    """Reads all waivers by kind."""
    fields = node.fields("schema", "data", "lost", "chains", "entities")
    return Waivers(
        schema=_waivers(fields.at("schema"), _schema_waiver, lambda one: one.change),
        data=tuple(map(_data_waiver, fields.at("data").each())),
        lost=_waivers(fields.at("lost"), _lost_waiver, lambda one: f"{one.entity} on chain {one.chain}"),
        chains=_waivers(fields.at("chains"), _chain_waiver, lambda one: f"chain {one.chain}"),
        entities=_waivers(fields.at("entities"), _entity_waiver, lambda one: one.entity),
    )


def _waivers(node: Node, read: Callable[[Node], W], named: Callable[[W], str]) -> tuple[W, ...]:
    """Reads waivers of one kind; duplicates are a mistake, as their order would decide which counts."""
    entries = list(node.each())
    found = tuple(map(read, entries))
    distinct(zip(entries, map(named, found), strict=True), what="waiver")
    return found


def _schema_waiver(node: Node) -> SchemaWaiver:
    """Reads a planned break of the schema."""
    fields = node.fields("change", "reason", "expires")
    change = fields.at("change").text("the change in the words of the report")
    return SchemaWaiver(change=change, reason=_reason(fields), expires=_expires(fields))


def _data_waiver(node: Node) -> DataWaiver:
    """Reads what a corrected handler writes differently."""
    fields = node.fields("entity", "columns", "chain", "fromBlock", "toBlock", "reason", "expires")
    first = fields.optional("fromBlock", Node.whole, 0)
    last = fields.at("toBlock")
    waiver = DataWaiver(
        entity=fields.at("entity").text("the name of an entity"),
        columns=_names(fields.at("columns")),
        chain=fields.optional("chain", lambda entry: entry.whole(least=1, expected="a chain id"), None),
        first_block=first,
        last_block=last.whole() if last.given else None,
        reason=_reason(fields),
        expires=_expires(fields),
    )
    if waiver.last_block is not None and waiver.last_block < first:
        last.wrong(f"a block that is not below fromBlock {first}")
    return waiver


def _lost_waiver(node: Node) -> LostWaiver:
    """Reads which rows the serving belt lost."""
    fields = node.fields("entity", "chain", "reason", "expires")
    return LostWaiver(
        entity=fields.at("entity").text("the name of an entity"),
        chain=fields.at("chain").whole(least=1, expected="a chain id"),
        reason=_reason(fields),
        expires=_expires(fields),
    )


def _chain_waiver(node: Node) -> ChainWaiver:
    """Reads a chain that is given up."""
    fields = node.fields("chain", "reason", "expires")
    chain = fields.at("chain").whole(least=1, expected="a chain id")
    return ChainWaiver(chain=chain, reason=_reason(fields), expires=_expires(fields))


def _entity_waiver(node: Node) -> EntityWaiver:
    """Reads an entity that is given up."""
    fields = node.fields("entity", "reason", "expires")
    entity = fields.at("entity").text("the name of an entity")
    return EntityWaiver(entity=entity, reason=_reason(fields), expires=_expires(fields))


def recovery(node: Node) -> Recovery:
    """Reads the name of the belt that is dead or has stalled."""
    fields = node.fields("belt", "stalled", "reason", "expires")
    belt = fields.at("belt").text("the name of the belt that serves and is dead", pattern=BELT)
    stalled = fields.optional("stalled", Node.flag, default=False)
    return Recovery(belt=belt, stalled=stalled, reason=_reason(fields), expires=_expires(fields))


def acceptances(node: Node, acceptable: Collection[str], core: Collection[str]) -> tuple[Acceptance, ...]:
    """Reads the parts that are accepted undecided; core parts never are."""
    found = tuple(_acceptances(node, acceptable, core))
    distinct(zip(node.each(), (one.part for one in found), strict=True), what="part")
    return found


def _acceptances(node: Node, acceptable: Collection[str], core: Collection[str]) -> Iterator[Acceptance]:
    """Reads one part per entry."""
    for entry in node.each():
        fields = entry.fields("part", "reason")
        part = fields.at("part")
        expected = f"one of {', '.join(acceptable)}"
        name = part.text(expected)
        if name in core:
            part.wrong(expected, f"{name}, which is core and can never be accepted undecided")
        elif name and name not in acceptable:
            part.wrong(meant(name, [*acceptable, *core]) or expected)
        yield Acceptance(part=name, reason=_reason(fields))


def _names(node: Node) -> tuple[str, ...]:
    """Reads at least one name."""
    names = tuple(entry.text("a column's name") for entry in node.each())
    if not names:
        node.wrong("a list of at least one column")
    return names


def _reason(fields: Node) -> str:
    """Reads the reason, without which a waiver cannot be judged."""
    return fields.at("reason").text("a reason, in words")


def _expires(fields: Node) -> date:
    """Reads the expiry date."""
    return fields.at("expires").day()
