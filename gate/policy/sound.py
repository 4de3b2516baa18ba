"""What a policy declares of one belt by itself: which events make which rows, and what may deviate."""

from collections.abc import Iterator
from dataclasses import dataclass

from belts.reading.node import Node, distinct
from gate.policy.template import template

ROW_ID = "a text with names in braces, such as {chainId}-{blockNumber}-{logIndex}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapping:
    """One event of a contract, and the entity that has a row for each such event.

    `row_id` is how the handler forms the row's id; names that denote no place are arguments of the event.
    Without `chains` it applies to all of them. `skips` says why an event may have no row, `no_event` why a
    row may have no event.
    """

    entity: str
    contract: str
    event: str
    row_id: str
    chains: tuple[int, ...] = ()
    skips: str = ""
    no_event: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A column that holds the key of a row of another entity."""

    entity: str
    column: str
    to: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowed:
    """A column that may contradict the rest of the belt, and why."""

    entity: str
    column: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SoundPolicy:
    """What is declared of one belt by itself.

    Values of `may_dangle` columns may lead to no row; values of `may_exceed` columns may lie outside of what
    the belt indexes. `block_handlers` says why a belt counts more events than it receives.
    """

    mappings: tuple[Mapping, ...] = ()
    references: tuple[Reference, ...] = ()
    may_dangle: tuple[Allowed, ...] = ()
    may_exceed: tuple[Allowed, ...] = ()
    block_handlers: str = ""

    def dangles(self, entity: str, column: str) -> str:
        """Why a reference may lead to no row; empty if it may not."""
        return _reason_for(self.may_dangle, entity, column)

    def exceeds(self, entity: str, column: str) -> str:
        """Why a column may hold other chains, blocks or times than the belt's; empty if it may not."""
        return _reason_for(self.may_exceed, entity, column)


NO_SOUND = SoundPolicy()


def sound(node: Node) -> SoundPolicy:
    """Reads the section of one belt by itself."""
    fields = node.fields("mappings", "references", "mayDangle", "mayExceed", "blockHandlers")
    references = list(fields.at("references").each())
    read = tuple(map(_reference, references))
    distinct(zip(references, (f"{one.entity}.{one.column}" for one in read), strict=True), what="reference")
    return SoundPolicy(
        mappings=tuple(map(_mapping, fields.at("mappings").each())),
        references=read,
        may_dangle=tuple(map(_allowed, fields.at("mayDangle").each())),
        may_exceed=tuple(map(_allowed, fields.at("mayExceed").each())),
        block_handlers=fields.optional("blockHandlers", _reason, ""),
    )


def loosened(policy: SoundPolicy) -> Iterator[str]:
    """Describes what lets a belt contradict itself."""
    if policy.block_handlers:
        yield f"events are not counted against raw events: {policy.block_handlers}"
    for mapping in policy.mappings:
        event = f"{mapping.contract}.{mapping.event}"
        if mapping.skips:
            yield f"{mapping.entity}: an event {event} may have no row: {mapping.skips}"
        if mapping.no_event:
            yield f"{mapping.entity}: a row may have no event: {mapping.no_event}"
    for one in policy.may_dangle:
        yield f"{one.entity}.{one.column} may lead to no row: {one.reason}"
    for one in policy.may_exceed:
        yield f"{one.entity}.{one.column} may lie outside of what the belt indexes: {one.reason}"


def _mapping(node: Node) -> Mapping:
    fields = node.fields("entity", "contract", "event", "rowId", "chains", "skips", "noEvent")
    row_id = fields.at("rowId")
    mapping = Mapping(
        entity=_entity(fields),
        contract=fields.at("contract").text("the name that the indexer's config gives the contract"),
        event=fields.at("event").text("the event's name", pattern=r"[A-Za-z_$][A-Za-z0-9_$]*"),
        row_id=row_id.text(ROW_ID),
        chains=tuple(entry.whole(least=1, expected="a chain id") for entry in fields.at("chains").each()),
        skips=fields.optional("skips", _reason, ""),
        no_event=fields.optional("noEvent", _reason, ""),
    )
    holes = template(mapping.row_id).holes
    if mapping.row_id and (not holes or any(hole.scale or hole.as_text for hole in holes)):
        row_id.wrong(ROW_ID)
    return mapping


def _reference(node: Node) -> Reference:
    fields = node.fields("entity", "column", "to")
    return Reference(
        entity=_entity(fields), column=_column(fields), to=fields.at("to").text("the name of an entity")
    )


def _allowed(node: Node) -> Allowed:
    fields = node.fields("entity", "column", "reason")
    return Allowed(entity=_entity(fields), column=_column(fields), reason=_reason(fields.at("reason")))


def _entity(fields: Node) -> str:
    return fields.at("entity").text("the name of an entity")


def _column(fields: Node) -> str:
    return fields.at("column").text("a column's name")


def _reason(node: Node) -> str:
    """Reads the reason, without which an exception cannot be judged."""
    return node.text("a reason, in words")


def _reason_for(allowed: tuple[Allowed, ...], entity: str, column: str) -> str:
    return next((one.reason for one in allowed if (one.entity, one.column) == (entity, column)), "")
