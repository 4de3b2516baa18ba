"""Both belts side by side: every entity of the serving belt, compared at one height."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from gate.observations.progress import Progress
from gate.observations.rows import Basis, EntityAbsent, EntityUnread, Rows
from gate.observations.unobserved import Cause
from gate.policy.model import Policy
from gate.probes.database.catalog import Table
from gate.probes.database.comparing import Pair
from gate.probes.database.entity import STORED, Comparison, Measured
from gate.probes.database.facts import Clock, Facts, gather
from gate.probes.database.fingerprint import places
from gate.probes.database.history import rewritten
from gate.probes.database.plan import Plan
from gate.probes.database.session import Database
from gate.probes.unseen import UnseenError

APART = 2.0  # seconds between two looks at rows where no history shows whether they change
PAUSE = 0.05  # seconds between two looks at progress that has to become equal

Open = Callable[[], AbstractAsyncContextManager[Database]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Doors:
    """How both belts' databases are opened. A second look at the same time needs connections of its own."""

    serving: Open
    candidate: Open
    one_host: bool

    @asynccontextmanager
    async def pair(self) -> AsyncIterator[Pair]:
        """One snapshot of each belt, taken one right after the other."""
        async with (
            self.serving() as serving,
            self.candidate() as candidate,
            serving.snapshot() as one,
            candidate.snapshot() as other,
        ):
            yield Pair(serving=one, candidate=other, one_host=self.one_host)


Outcome = Measured | EntityUnread | EntityAbsent


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """One entity on both belts, and how it is to be compared."""

    table: Table
    other: Table
    plan: Plan


async def compare_belts(
    doors: Doors, policy: Policy, clock: Clock, *, at: datetime, remaining: Callable[[], float]
) -> Rows:
    """Compares every entity of the serving belt.

    The serving belt and the candidate are read in one snapshot each. What is compared at a block is looked
    at a second time while those snapshots are still open, so that no row's spot on disk can have been used
    again.
    """
    finalized = {
        chain.id: block for chain in policy.chains if (block := await clock.finalized(chain.id)) is not None
    }
    async with doors.pair() as pair:
        facts = await gather(pair, policy, finalized)
        began = time.monotonic()
        comparison = Comparison(facts=facts, policy=policy, clock=clock, at=at)
        if not facts.common.heights:
            raise UnseenError(_nothing(facts), Cause.UNDECIDABLE)
        work = [await _plan(comparison, table) for table in facts.serving.entities]
        found = [await _measure(comparison, one) for one in work if not _waits(one)]
        found = await _looked_again(doors, comparison, found, began=began)
    late = [one for one in work if isinstance(one, Work) and _waits(one)]
    if late:
        found += await _at_equal_progress(doors, policy, clock, late, at=at, remaining=remaining)
    entities = [one.rows if isinstance(one, Measured) else one for one in found]
    return Rows(
        heights=facts.common.heights,
        entities=tuple(sorted(entities, key=lambda one: one.entity)),
        young=facts.common.young,
    )


def _nothing(facts: Facts) -> str:
    return "; ".join(facts.common.young) or "the belts have no chain in common"


def _waits(one: "Work | Outcome") -> bool:
    return isinstance(one, Work) and one.plan.basis is Basis.EQUAL_PROGRESS


async def _plan(comparison: Comparison, table: Table) -> "Work | EntityUnread | EntityAbsent":
    other = comparison.facts.candidate.table(table.name)
    if other is None:
        return EntityAbsent(entity=table.name)
    try:
        return Work(table=table, other=other, plan=await comparison.planned(table))
    except UnseenError as unseen:
        return EntityUnread(entity=table.name, why=unseen.unobserved)


async def _measure(comparison: Comparison, one: "Work | EntityUnread | EntityAbsent") -> Outcome:
    """Compares one entity; one that cannot be read does not take the others with it."""
    if not isinstance(one, Work):
        return one
    pair = comparison.facts.pair
    try:
        async with pair.serving.savepoint(), pair.candidate.savepoint():
            return await comparison.measured(one.table, one.other, one.plan)
    except UnseenError as unseen:
        return EntityUnread(entity=one.table.name, why=unseen.unobserved)


async def _looked_again(
    doors: Doors, comparison: Comparison, found: list[Outcome], *, began: float
) -> list[Outcome]:
    """Looks a second time at the rows that must not have changed since the first look."""
    if not any(isinstance(one, Measured) and one.rows.basis in STORED for one in found):
        return found
    if not comparison.facts.keeps_history:
        await asyncio.sleep(max(0.0, APART - (time.monotonic() - began)))
    async with doors.pair() as later:
        return [
            await _look_again(comparison, later, one)
            if isinstance(one, Measured) and one.rows.basis in STORED
            else one
            for one in found
        ]


async def _look_again(comparison: Comparison, later: Pair, one: Measured) -> Outcome:
    name = one.rows.entity
    table, other = comparison.facts.serving.table(name), comparison.facts.candidate.table(name)
    if table is None or other is None:
        return EntityAbsent(entity=name)
    try:
        if not await _changed(comparison, later, one):
            return one
        pair = comparison.facts.pair
        async with pair.serving.savepoint(), pair.candidate.savepoint():
            plan = await comparison.planned(table)
            return await comparison.again_by_state(
                table, other, plan, f"rows of {name} at or below the height changed while the gate looked"
            )
    except UnseenError as unseen:
        return EntityUnread(entity=name, why=unseen.unobserved)


async def _changed(comparison: Comparison, later: Pair, one: Measured) -> bool:
    """Whether rows at or below the height were written since: history tells, or the rows' places on disk."""
    histories = comparison.facts.histories(one.rows.entity)
    if histories is None:
        now = await later.both(lambda snapshot: places(snapshot, one.question.of(later, snapshot)))
        return now != one.compared.places
    kept = {id(later.serving): histories[0], id(later.candidate): histories[1]}
    block = one.fields.block
    return any(await later.both(lambda snapshot: rewritten(snapshot, kept[id(snapshot)], block)))


async def _at_equal_progress(
    doors: Doors,
    policy: Policy,
    clock: Clock,
    work: list[Work],
    *,
    at: datetime,
    remaining: Callable[[], float],
) -> list[Outcome]:
    """Waits until both belts are equally far, which two that move may never be, and compares what has no
    history.
    """
    ends, looks = time.monotonic() + remaining() / 2, 0
    while time.monotonic() < ends:
        looks += 1
        async with doors.pair() as pair:
            facts = await gather(pair, policy, {})
            if _level(*facts.progress):
                comparison = Comparison(facts=facts, policy=policy, clock=clock, at=at)
                return [await _measure(comparison, one) for one in work]
        await asyncio.sleep(PAUSE)
    why = UnseenError(
        "a belt keeps no history (rollback_on_reorg), and the belts were not once equally far in"
        f" {looks} looks: stop nothing, but let Envio keep history, or give the gate more time",
        Cause.UNDECIDABLE,
    ).unobserved
    return [EntityUnread(entity=one.table.name, why=why) for one in work]


def _level(one: Progress, other: Progress) -> bool:
    """Whether both belts have committed the same blocks of every chain that they share."""
    shared = one.ids & other.ids
    return bool(shared) and all(_height(one, chain) == _height(other, chain) for chain in shared)


def _height(progress: Progress, chain: int) -> int | None:
    row = progress.of(chain)
    return None if row is None else row.height
