"""Compares every entity of the serving belt with the candidate's at one height."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from gate.observations.rows import Basis, EntityAbsent, EntityUnread, Rows
from gate.observations.unobserved import Cause, Unobserved
from gate.policy.model import Policy
from gate.probes.database.above import with_above
from gate.probes.database.catalog import Table
from gate.probes.database.comparing import Pair
from gate.probes.database.configured import configured
from gate.probes.database.doors import Doors
from gate.probes.database.entity import STORED, Comparison, Measured, Outcome, Work
from gate.probes.database.facts import Clock, Facts, gather
from gate.probes.database.fingerprint import places
from gate.probes.database.heights import measured
from gate.probes.database.history import rewritten
from gate.probes.database.second_look import Later
from gate.probes.unseen import UnseenError

APART = 2.0  # seconds between two looks at rows without a history


async def compare_belts(
    doors: Doors, policy: Policy, clock: Clock, *, at: datetime, remaining: Callable[[], float]
) -> Rows:
    """Compares every entity of the serving belt.

    Each belt is read in one snapshot. What is compared at a block is read a second time while those snapshots
    are still open, so that no row's spot on disk can have been reused.
    """
    final = await clock.finals(policy)
    async with doors.pair() as pair:
        facts = await gather(pair, policy, final)
        facts = replace(facts, common=await measured(facts.common, clock.second))
        began = time.monotonic()
        comparison = Comparison(facts=facts, policy=policy, at=at)
        if not facts.common.heights:
            raise UnseenError(_nothing(facts), Cause.UNDECIDABLE)
        work = [await _plan(comparison, table) for table in facts.serving.entities]
        lost = await _lost_elsewhere(facts)
        found = [
            await comparison.outcome(one) if isinstance(one, Work) else one for one in work if not _waits(one)
        ]
        heights = await with_above(pair, facts.common.heights)
        found = await _looked_again(doors, comparison, found, began=began)
    later = Later(doors=doors, comparison=comparison, final=final, remaining=remaining)
    found = [await later.decided(await later.past_its_beginning(one)) for one in found]
    late = [one for one in work if isinstance(one, Work) and _waits(one)]
    if late:
        found += await later.at_equal_progress(late)
    entities = [*(one.rows if isinstance(one, Measured) else one for one in found), *lost]
    return Rows(
        heights=heights,
        entities=tuple(sorted(entities, key=lambda one: one.entity)),
        young=facts.common.young,
    )


async def _lost_elsewhere(facts: Facts) -> list[EntityAbsent | EntityUnread]:
    """Entities that the serving belt keeps in an unreadable storage and the candidate does not have."""
    try:
        ours = await configured(facts.pair.serving, facts.serving)
        theirs = await configured(facts.pair.candidate, facts.candidate)
    except UnseenError as unseen:
        return [EntityUnread(entity=facts.pair.serving.storage.configured, why=unseen.unobserved)]
    kept = {one.entity for one in theirs.elsewhere}
    return [
        EntityAbsent(entity=one.entity)
        for one in ours.elsewhere
        if one.entity not in kept
        and facts.candidate.table(one.entity) is None
        and facts.serving.table(one.entity) is None
    ]


def _nothing(facts: Facts) -> str:
    return "; ".join(facts.common.young) or "the belts have no chain in common"


def _waits(one: Work | Outcome) -> bool:
    return isinstance(one, Work) and one.plan.basis is Basis.EQUAL_PROGRESS


async def _plan(comparison: Comparison, table: Table) -> Work | EntityUnread | EntityAbsent:
    other = comparison.facts.candidate.table(table.name)
    if other is None:
        return EntityAbsent(entity=table.name)
    if table.secured:
        return EntityUnread(entity=table.name, why=_secured(table))
    pair = comparison.facts.pair
    try:
        async with pair.serving.savepoint(), pair.candidate.savepoint():
            return Work(table=table, other=other, plan=await comparison.planned(table))
    except UnseenError as unseen:
        return EntityUnread(entity=table.name, why=unseen.unobserved)


def _secured(table: Table) -> Unobserved:
    """The point for a table hidden by row security: the candidate could lack rows unnoticed."""
    return UnseenError(
        f"row security decides which rows of {table.name} the gate is shown on the serving belt",
        Cause.DENIED,
        advice="Give the gate's user of the serving belt's database BYPASSRLS",
    ).unobserved


async def _looked_again(
    doors: Doors, comparison: Comparison, found: list[Outcome], *, began: float
) -> list[Outcome]:
    """Reads again the rows that must not have changed since the first look."""
    stored = [one.rows.entity for one in found if isinstance(one, Measured) and one.rows.basis in STORED]
    if not stored:
        return found
    if any(comparison.facts.histories(entity) is None for entity in stored):
        await asyncio.sleep(max(0.0, APART - (time.monotonic() - began)))
    async with doors.pair() as later:
        return [
            await _look_again(comparison, later, one)
            if isinstance(one, Measured) and one.rows.basis in STORED
            else one
            for one in found
        ]


async def _look_again(comparison: Comparison, later: Pair, one: Measured) -> Outcome:
    why = f"rows of {one.rows.entity} at or below the height changed while the gate looked"
    try:
        async with later.serving.savepoint(), later.candidate.savepoint():
            changed = await _changed(comparison, later, one)
        if not changed:
            return one
        return await comparison.again_by_state(one.work, why)
    except UnseenError as unseen:
        return EntityUnread(entity=one.rows.entity, why=unseen.unobserved)


async def _changed(comparison: Comparison, later: Pair, one: Measured) -> bool:
    """True if rows at or below the height were written since, by history or their places on disk."""
    histories = comparison.facts.histories(one.rows.entity)
    if histories is None:
        now = await later.both(lambda snapshot: places(snapshot, one.question.of(later, snapshot)))
        return now != one.compared.places
    kept = {id(later.serving): histories[0], id(later.candidate): histories[1]}
    block = one.work.plan.fields.block
    return any(await later.both(lambda snapshot: rewritten(snapshot, kept[id(snapshot)], block)))
