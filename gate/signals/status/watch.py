"""Watches every belt of a place, and records how far each one is behind the heads of its chains.

A belt's own report that it has caught up is rewritten by a restart and stays true when it stalls; repeated
observation from outside avoids both. A soaking belt that is not at the heads loses that time.
"""

import asyncio
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from belts.refusal import Refusal
from belts.runtimes.lease import Holding, Lease
from belts.runtimes.runtime import Place
from gate.journal.journal import FOLDER, Journal, JournalUnreadable
from gate.signals.status.belt import Belts, Reached
from gate.signals.status.heads import Chains
from gate.signals.status.stretch import Open, Row
from gate.signals.status.unseen import Unseen

LOOK_EVERY = timedelta(seconds=10)
WRITTEN_EVERY = timedelta(seconds=30)
GAP = timedelta(seconds=90)
"""A longer time without a look counts as unseen."""


class Watch:
    """The watch of one gateway."""

    def __init__(
        self, place: Place, gateway: str, chains: Chains, belts: Belts, limits: Mapping[int, int]
    ) -> None:
        """`limits` are the blocks that a belt may be behind the head, by chain."""
        self._place = place
        self._gateway = gateway
        self._chains = chains
        self._belts = belts
        self._limits = limits
        self._folder = place.beside(gateway) / FOLDER
        self._open: dict[str, Open] = {}
        self._journals: dict[str, Journal] = {}

    async def run(self) -> None:
        """Runs until it is cancelled; what was seen by then is recorded."""
        try:
            while True:
                began = time.monotonic()
                await self._look(datetime.now(UTC))
                await asyncio.sleep(max(0.0, LOOK_EVERY.total_seconds() - (time.monotonic() - began)))
        finally:
            for belt in tuple(self._open):
                self._write(belt)

    async def _look(self, now: datetime) -> None:
        try:
            urls = await asyncio.to_thread(self._place.graphql)
        except (Refusal, OSError) as error:
            why = error.brief if isinstance(error, Refusal) else error
            sys.stderr.write(f"the belts of this place cannot be looked at: {why}\n")
            return
        heads = await self._chains.heads()
        found = await asyncio.gather(*(self._belts.reached(url) for url in urls.values()))
        for belt, reached in zip(urls, found, strict=True):
            self._note(belt, now, _rows(reached, heads))
        for belt in self._open.keys() - urls.keys():
            self._write(belt)

    def _note(self, belt: str, now: datetime, rows: Mapping[int, Row]) -> None:
        seeded = self._place.seeded(belt)
        before = self._open.get(belt)
        if before is not None and before.seeded != seeded:
            self._write(belt)
            before = None
        current = before or Open(begin=now, seeded=seeded)
        self._open[belt] = current
        last = before.end if before is not None else now
        # A clock that is set back does not reduce what a belt has missed.
        since = max(timedelta(), now - last) if before is not None else LOOK_EVERY
        fell = current.look(now, rows, self._limits)
        self._miss(belt, now, fell=fell, since=since, last=last)
        if current.end - current.begin >= WRITTEN_EVERY:
            self._write(belt)
            self._open[belt] = current.next()

    def _miss(self, belt: str, now: datetime, *, fell: bool, since: timedelta, last: datetime) -> None:
        """Records time that a soaking belt missed: it has to run and stay at the heads for its whole soak.

        The time between two looks may be long: a belt that hangs delays each look, and a wrong clock is set.
        A belt that soaked at the last look still soaks, whatever the clock says now.
        """
        held = self._place.lease(belt, gateway=self._gateway)
        if not isinstance(held, Lease) or held.holding is not Holding.SOAKS:
            return
        if not held.held(min(last, now)):
            return
        missed = since if fell or since > GAP else timedelta()
        if belt not in self._journals:
            missed += self._unwatched(belt, now)
        if not missed:
            return
        try:
            self._place.miss(belt, gateway=self._gateway, time=missed)
        except OSError as error:  # it soaks by the clock alone; the other belts stay watched
            sys.stderr.write(f"{belt}: its lease cannot be written ({error.strerror})\n")

    def _unwatched(self, belt: str, now: datetime) -> timedelta:
        """How long there was no look, if this is the first one since."""
        try:
            kept = self._journal(belt).read()
        except JournalUnreadable as error:
            sys.stderr.write(f"{belt}: {error}\n")
            return timedelta()
        if not kept:
            return timedelta()
        gap = now - kept[-1].end
        return gap if gap > GAP else timedelta()

    def _journal(self, belt: str) -> Journal:
        return self._journals.setdefault(belt, Journal(self._folder, belt))

    def _write(self, belt: str) -> None:
        """Writes a stretch; if that fails, the journal has a gap, which counts as unseen."""
        stretch = self._open.pop(belt).closed()
        if stretch is None:
            return
        try:
            self._journal(belt).append(stretch)
        except OSError as error:
            sys.stderr.write(f"{belt}: its journal cannot be written ({error.strerror})\n")


def _rows(reached: Mapping[int, Reached] | Unseen, heads: Mapping[int, int | Unseen]) -> dict[int, Row]:
    """The rows of the belt's chains whose heads were seen as well."""
    if isinstance(reached, Unseen):
        return {}
    return {
        chain: Row(height=at.height, head=head, lag=0 if at.ended else max(0, head - at.height))
        for chain, at in reached.items()
        if isinstance(head := heads.get(chain), int)
    }
