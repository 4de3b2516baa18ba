"""Judges whether a candidate still holds what it held when it was certified.

If a height determines the contents of rows, their hash sums must be equal. If none does (rows that several
chains write, a history that was pruned in between), a difference proves nothing, and the comparison with the
serving belt, which was just made, decides.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from belts.envio.release import HISTORIES
from gate.alias.confirm.seen import Seen, failed, passed, unread, untold, worst
from gate.amounts import agree, amount
from gate.observations.rows import Basis, EntityAbsent, EntityUnread
from gate.observations.state import EntityHeld, EntityState, GroupHeld, Held
from gate.observations.unobserved import Unobserved
from gate.outcome import Outcome
from gate.probes.database.marks import Mark, untouched

LOST = GroupHeld(chain=None, then=1, now=0, alike=False)
"""Stands for rows that were not seen."""


def unchanged(held: Held | Unobserved) -> Seen:
    """Judges whether all certified rows are there, and no others at or below their height."""
    if isinstance(held, Unobserved):
        return unread("its rows could not be counted again", held)
    if not held.entities:
        return passed("no entity had to be counted again")
    told = worst(_of(entity) for entity in held.entities)
    if told.outcome is not Outcome.PASSED:
        return told
    read = [entity for entity in held.entities if isinstance(entity, EntityHeld)]
    rows = sum(group.now for entity in read for group in entity.groups)
    compared = sum(
        group.now - group.past for entity in read for group in entity.groups if _same(entity, group)
    )
    what = f"{amount(len(read), 'entity')}, {amount(compared, 'row')} as certified"
    if compared < rows:
        what += f", {amount(rows - compared, 'row')} seen to be there and not compared"
    return passed(what, *told.words)


def _same(entity: EntityHeld, group: GroupHeld) -> bool:
    """True if a height determines these rows' contents, and they were seen to be equal."""
    return group.alike is True and not (entity.later or entity.doubt)


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known of the certified rows.

    `every` means that all of them are unchanged. `heights` are those of the entities that are restored from
    their histories, and of which every row still exists by key: up to them none is gone. For other entities,
    a column of the row says to which block it belongs, which need not be the one that wrote it.
    """

    every: bool
    heights: Mapping[str, Mapping[int, int]] = field(default_factory=dict)


def known(held: Held | Unobserved, entities: Sequence[EntityState]) -> Known:
    """What is known of all rows of some entities."""
    if isinstance(held, Unobserved):
        return Known(every=False)
    seen = {
        entity.entity: entity.groups
        for entity in held.entities
        if isinstance(entity, EntityHeld) and not (entity.absent_columns or entity.later or entity.doubt)
    }
    return Known(
        every=len(seen) == len(held.entities)
        and all(group.alike is True for groups in seen.values() for group in groups),
        heights={
            entity.entity: entity.heights
            for entity in entities
            if entity.basis is Basis.BY_STATE
            and all(group.alike or group.past for group in seen.get(entity.entity, (LOST,)))
        },
    )


def _of(entity: EntityHeld | EntityUnread | EntityAbsent) -> Seen:
    if isinstance(entity, EntityAbsent):
        return failed(f"{entity.entity} is gone")
    if isinstance(entity, EntityUnread):
        return unread(f"{entity.entity} could not be counted again", entity.why)
    if entity.absent_columns:
        return failed(f"{entity.entity} has lost {', '.join(entity.absent_columns)}")
    if unsettled := entity.doubt or entity.later:
        return _unsettled(entity, unsettled)
    return _settled(entity)


def _settled(entity: EntityHeld) -> Seen:
    if wrong := list(_wrong(entity.groups)):
        return failed(f"{entity.entity} is not as it was certified: {'; '.join(wrong)}")
    if past := sum(group.past for group in entity.groups):
        told = f"{entity.entity}: {past:,} rows by their keys alone, as Envio has pruned what some held"
        if all(group.alike or group.past for group in entity.groups):
            return passed(told)
    if any(group.alike is None for group in entity.groups):
        return _unsettled(entity, "what its rows hold is not settled by a height")
    return passed()


def _unsettled(entity: EntityHeld, why: str) -> Seen:
    """The result for rows that no height determines: they may change, but missing ones are a doubt."""
    fewer = [group for group in entity.groups if group.now < group.then]
    if fewer:
        lost = sum(group.then - group.now for group in fewer)
        return untold(
            f"{entity.entity} has {amount(lost, 'row')} fewer than {agree(lost, 'was', 'were')} certified,"
            f" and {why}",
            advice="find out what took them away, and seed the candidate afresh unless its handlers did",
        )
    return passed(f"{entity.entity}: no row has gone ({why})")


def _wrong(groups: Sequence[GroupHeld]) -> Iterator[str]:
    for group in groups:
        where = f" on chain {group.chain}" if group.chain else ""
        if group.alike is False and group.then != group.now:
            yield (
                f"{amount(group.then, 'row')}{where} {agree(group.then, 'was', 'were')} certified,"
                f" {group.now:,} {agree(group.now, 'is', 'are')} there"
            )
        elif group.alike is False:
            yield (
                f"{amount(group.then, 'row')}{where} {agree(group.then, 'does', 'do')} not hold what was"
                " certified"
            )


def rewritten(entities: Sequence[EntityState], then: Mapping[str, Mark]) -> tuple[EntityState, ...]:
    """The entities whose rows keep changing on a belt without a history to restore them from.

    The state of such rows at a height is gone with the next block: read again, they would refute good belts.
    """
    return tuple(
        entity
        for entity in entities
        if not any(history.of(entity.entity) in then for history in HISTORIES)
        and (mark := then.get(entity.entity)) is not None
        and mark.updated
    )


def touched(
    entities: Sequence[EntityState], then: Mapping[str, Mark], now: Mapping[str, Mark]
) -> tuple[EntityState, ...]:
    """The entities whose table may have been touched since, which have to be counted again."""
    return tuple(
        entity
        for entity in entities
        if entity.entity not in then or not untouched(then.get(entity.entity), now.get(entity.entity))
    )
