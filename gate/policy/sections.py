"""The readers of the policy's sections."""

from collections.abc import Collection, Iterator
from datetime import date

from gate.policy.chains import (
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
from gate.policy.signature import EXPECTED, SignatureError, event_signature
from gate.policy.waivers import (
    Acceptance,
    ChainWaiver,
    DataWaiver,
    EntityWaiver,
    Recovery,
    SchemaWaiver,
    Waivers,
)
from gate.reading import Node
from gate.reading.node import Fields, distinct

BELT = r"[a-z][a-z0-9-]*"
NO_EVENT = EventSignature(text="", name="", types=(), indexed=(), arguments=(), topic0="")


def chains(node: Node) -> tuple[ExpectedChain, ...]:
    """The chains by id, in the order of their ids."""
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
    """One chain, with at least one provider that is not the belts' own source."""
    fields = node.fields("rpc", "indexedFrom", "new", "lagLimit", "reorgDepth", "finality", "receipts")
    rpc, own = fields.node("rpc"), fields.node("indexedFrom")
    chain = ExpectedChain(
        id=chain_id,
        rpc=tuple(entry.address() for entry in rpc.each()),
        indexed_from=tuple(entry.address() for entry in own.each()),
        new=fields.optional("new", Node.flag, default=False),
        lag_limit=fields.optional("lagLimit", Node.whole, DEFAULT_LAG_LIMIT),
        reorg_depth=fields.optional("reorgDepth", Node.whole, DEFAULT_REORG_DEPTH),
        finality=fields.optional("finality", lambda entry: entry.one_of(Finality), Finality.TAG),
        receipts=fields.optional("receipts", lambda entry: entry.one_of(Receipts), Receipts.UNKNOWN),
    )
    if not chain.rpc:
        rpc.wrong("at least one RPC URL")
    elif not chain.independent:
        rpc.wrong("at least one RPC URL of a provider that the belts do not index from", "only theirs")
    if not chain.indexed_from:
        own.wrong("the URLs that the belts index this chain from")
    return chain


def entities(node: Node) -> tuple[EntityPolicy, ...]:
    """The entities by name, in the order of the file."""
    return tuple(_entity(str(key), entry) for key, entry in node.items())


def _entity(name: str, node: Node) -> EntityPolicy:
    """One entity."""
    fields = node.fields("compare", "chain", "block", "timestamp", "floor", "mayDiffer")
    return EntityPolicy(
        name=name,
        compare=fields.optional("compare", lambda entry: entry.one_of(Compare), None),
        chain=fields.optional("chain", Node.text, None),
        block=fields.optional("block", Node.text, None),
        timestamp=fields.optional("timestamp", Node.text, None),
        floor=fields.optional("floor", Node.whole, 0),
        may_differ=tuple(map(_may_differ, fields.node("mayDiffer").each())),
    )


def _may_differ(node: Node) -> MayDiffer:
    """Columns and the reason for which they may differ."""
    fields = node.fields("columns", "reason")
    return MayDiffer(columns=_names(fields.node("columns")), reason=_reason(fields))


def ground_truth(node: Node) -> tuple[GroundTruth, ...]:
    """What is asked of the chains."""
    return tuple(_ground_truth(entry) for entry in node.each())


def _ground_truth(node: Node) -> GroundTruth:
    """One contract's event on one chain."""
    fields = node.fields("chain", "contract", "event", "entity", "goldens", "windows", "rowId", "columns")
    goldens = list(fields.node("goldens").each())
    read = tuple(map(_golden, goldens))
    distinct(zip(goldens, read, strict=True), what="golden")
    return GroundTruth(
        chain=fields.node("chain").whole(least=1, expected="a chain id"),
        contract=fields.node("contract").text("0x and 40 hex digits", pattern="0x[0-9a-fA-F]{40}").lower(),
        event=_event(fields.node("event")),
        entity=fields.node("entity").text("the name of an entity"),
        goldens=read,
        windows=fields.optional("windows", _windows, DEFAULT_WINDOWS),
        row_id=fields.optional("rowId", Node.text, DEFAULT_ROW_ID),
        columns=tuple(
            (str(key), entry.text("a column's name")) for key, entry in fields.node("columns").items()
        ),
    )


def _event(node: Node) -> EventSignature:
    """An event's signature."""
    text = node.text(EXPECTED)
    try:
        return event_signature(text) if text else NO_EVENT
    except SignatureError:
        node.wrong(EXPECTED)
        return NO_EVENT


def _golden(node: Node) -> Golden:
    """A log known to exist."""
    fields = node.fields("transaction", "logIndex")
    return Golden(
        transaction=fields.node("transaction")
        .text("a transaction's hash: 0x and 64 hex digits", pattern="0x[0-9a-fA-F]{64}")
        .lower(),
        log_index=fields.node("logIndex").whole(expected="the log's index in its block"),
    )


def _windows(node: Node) -> Windows:
    """How much is sampled."""
    fields = node.fields("count", "blocks")
    return Windows(
        count=fields.optional("count", lambda entry: entry.whole(least=1), DEFAULT_WINDOWS.count),
        blocks=fields.optional("blocks", lambda entry: entry.whole(least=1), DEFAULT_WINDOWS.blocks),
    )


def waivers(node: Node) -> Waivers:
    """All waivers by kind."""
    fields = node.fields("schema", "data", "chains", "entities")
    return Waivers(
        schema=tuple(map(_schema_waiver, fields.node("schema").each())),
        data=tuple(map(_data_waiver, fields.node("data").each())),
        chains=tuple(map(_chain_waiver, fields.node("chains").each())),
        entities=tuple(map(_entity_waiver, fields.node("entities").each())),
    )


def _schema_waiver(node: Node) -> SchemaWaiver:
    """A planned break of the schema."""
    fields = node.fields("change", "reason", "expires")
    change = fields.node("change").text("the change in the words of the report")
    return SchemaWaiver(change=change, reason=_reason(fields), expires=_expires(fields))


def _data_waiver(node: Node) -> DataWaiver:
    """What a corrected handler writes differently."""
    fields = node.fields("entity", "columns", "chain", "fromBlock", "toBlock", "reason", "expires")
    first = fields.optional("fromBlock", Node.whole, 0)
    last = fields.node("toBlock")
    waiver = DataWaiver(
        entity=fields.node("entity").text("the name of an entity"),
        columns=_names(fields.node("columns")),
        chain=fields.optional("chain", lambda entry: entry.whole(least=1, expected="a chain id"), None),
        first_block=first,
        last_block=last.whole() if last.given else None,
        reason=_reason(fields),
        expires=_expires(fields),
    )
    if waiver.last_block is not None and waiver.last_block < first:
        last.wrong(f"a block that is not below fromBlock {first}")
    return waiver


def _chain_waiver(node: Node) -> ChainWaiver:
    """A chain that is given up."""
    fields = node.fields("chain", "reason", "expires")
    chain = fields.node("chain").whole(least=1, expected="a chain id")
    return ChainWaiver(chain=chain, reason=_reason(fields), expires=_expires(fields))


def _entity_waiver(node: Node) -> EntityWaiver:
    """An entity that is given up."""
    fields = node.fields("entity", "reason", "expires")
    entity = fields.node("entity").text("the name of an entity")
    return EntityWaiver(entity=entity, reason=_reason(fields), expires=_expires(fields))


def recovery(node: Node) -> Recovery:
    """The belt that is dead, by its name."""
    fields = node.fields("belt", "reason", "expires")
    belt = fields.node("belt").text("the name of the belt that serves and is dead", pattern=BELT)
    return Recovery(belt=belt, reason=_reason(fields), expires=_expires(fields))


def acceptances(node: Node, acceptable: Collection[str], core: Collection[str]) -> tuple[Acceptance, ...]:
    """The parts that are accepted undecided; never one of the core."""
    return tuple(_acceptances(node, acceptable, core))


def _acceptances(node: Node, acceptable: Collection[str], core: Collection[str]) -> Iterator[Acceptance]:
    """One part each."""
    for entry in node.each():
        fields = entry.fields("part", "reason")
        part = fields.node("part")
        expected = f"one of {', '.join(acceptable)}"
        name = part.text(expected)
        if name in core:
            part.wrong(expected, f"{name}, which is core and can never be accepted undecided")
        elif name and name not in acceptable:
            part.wrong(expected)
        yield Acceptance(part=name, reason=_reason(fields))


def _names(node: Node) -> tuple[str, ...]:
    """At least one name."""
    names = tuple(entry.text("a column's name") for entry in node.each())
    if not names:
        node.wrong("a list of at least one column")
    return names


def _reason(fields: Fields) -> str:
    """Why: nobody can judge a waiver that does not say it."""
    return fields.node("reason").text("a reason, in words")


def _expires(fields: Fields) -> date:
    """Until when."""
    return fields.node("expires").day()
