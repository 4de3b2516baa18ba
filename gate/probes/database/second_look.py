"""Compares later what the first snapshots could not settle, once the belts have advanced enough."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from gate.amounts import amount
from gate.observations.progress import Progress
from gate.observations.rows import EntityUnread
from gate.observations.unobserved import Cause
from gate.probes.database.doors import Doors
from gate.probes.database.entity import Comparison, Measured, Outcome, Work
from gate.probes.database.facts import gather
from gate.probes.database.heights import Final
from gate.probes.unseen import UnseenError

TO_BE_EQUAL = 0.05  # seconds between two looks while progress has to become equal
TO_PASS = 0.5  # seconds between two looks while progress has to pass a block
COMPARISONS = 3  # repetitions of what was compared too early
TO_DECIDE = (0.5, 1.0, 2.0, 4.0)  # seconds before each further look at undecided rows


@dataclass(frozen=True, kw_only=True, slots=True)
class Later:
    """Looks that need later snapshots than the first."""

    doors: Doors
    comparison: Comparison
    final: Final
    remaining: Callable[[], float]

    async def _compared(
        self,
        work: list[Work],
        *,
        when: Callable[[Progress, Progress], bool],
        begun: Mapping[int, int],
        pause: float,
    ) -> tuple[list[Outcome], int]:
        """The results of the first look whose progress fits, if any, and the number of looks."""
        ends, looks = time.monotonic() + self.remaining() / 2, 0
        while time.monotonic() < ends:
            looks += 1
            async with self.doors.pair() as pair:
                facts = await gather(pair, self.comparison.policy, self.final)
                if when(*facts.progress):
                    comparison = replace(self.comparison, facts=facts, begun=begun)
                    return [await comparison.outcome(one) for one in work], looks
            await asyncio.sleep(pause)
        return [], looks

    async def past_its_beginning(self, one: Outcome) -> Outcome:
        """Compares again what was compared too early, at states within the history of both belts."""
        for _ in range(COMPARISONS):
            if not isinstance(one, Measured) or not one.begun:
                return one
            passed = partial(_passed, one.begun)
            found, _ = await self._compared([one.work], when=passed, begun=one.begun, pause=TO_PASS)
            if not found:
                break
            [one] = found
        return _too_early(one) if isinstance(one, Measured) and one.begun else one

    async def decided(self, one: Outcome) -> Outcome:
        """Looks again at rows whose state at the first heights never existed: at others it may have.

        A row needs only one look that decides it; rows that stay open in all looks are reported. The belts
        get time to move in between, as only other heights can decide more.
        """
        ends = time.monotonic() + self.remaining() / 2
        for pause in TO_DECIDE:
            if not isinstance(one, Measured) or one.rows.totals.unequal or not one.rows.totals.undecided:
                return one
            if time.monotonic() + pause > ends:
                return one
            await asyncio.sleep(pause)
            found, _ = await self._compared([one.work], when=_always, begun={}, pause=TO_PASS)
            if not found or not isinstance(found[0], Measured):
                return one
            one = _still_open(one, found[0])
        return one

    async def at_equal_progress(self, work: list[Work]) -> list[Outcome]:
        """Waits until both belts have equal progress, if ever, and compares entities without history."""
        found, looks = await self._compared(work, when=_level, begun={}, pause=TO_BE_EQUAL)
        if found:
            return found
        why = UnseenError(
            "a belt keeps no history (rollback_on_reorg), and the belts were not once equally far in"
            f" {amount(looks, 'look')}: stop nothing, but let Envio keep history, or give the gate more time",
            Cause.UNDECIDABLE,
        ).unobserved
        return [EntityUnread(entity=one.table.name, why=why) for one in work]


def _still_open(before: Measured, now: Measured) -> Measured:
    """The later result, in which only rows that neither look decided are open."""
    known = {row.key for row in before.rows.undecided}
    complete = before.rows.totals.undecided == len(known)
    still = [row for row in now.rows.undecided if row.key in known or not complete]
    fewer = now.rows.totals.undecided - (len(now.rows.undecided) - len(still))
    totals = replace(now.rows.totals, undecided=fewer)
    return replace(now, rows=replace(now.rows, totals=totals, undecided=tuple(still)))


def _always(_one: Progress, _other: Progress) -> bool:
    return True


def _too_early(one: Measured) -> EntityUnread:
    rows = [row.key for row in one.compared.differences]
    blocks = ", ".join(f"block {block} of chain {chain}" for chain, block in one.begun.items())
    return EntityUnread(
        entity=one.rows.entity,
        found=True,
        why=UnseenError(
            f"{len(rows)} of its rows, such as {rows[0]}, are on one belt, and did not exist yet by the"
            " history of the other, of which Envio may have lost a part: run the gate again when both belts"
            f" have passed {blocks}",
            Cause.UNDECIDABLE,
        ).unobserved,
    )


def _passed(begun: Mapping[int, int], one: Progress, other: Progress) -> bool:
    """True if both belts have committed the blocks in which history begins."""
    heights = {chain: (_height(one, chain), _height(other, chain)) for chain in begun}
    return all(
        height is not None and height >= block for chain, block in begun.items() for height in heights[chain]
    )


def _level(one: Progress, other: Progress) -> bool:
    """True if both belts have committed the same blocks of every shared chain."""
    shared = one.ids & other.ids
    return bool(shared) and all(_height(one, chain) == _height(other, chain) for chain in shared)


def _height(progress: Progress, chain: int) -> int | None:
    row = progress.of(chain)
    return None if row is None else row.height
