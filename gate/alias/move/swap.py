"""Moves the alias and sees it arrive; where it does not, everything is put back as it was."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from belts.runtimes.lease import BeltGoing
from gate.alias.decide import measures
from gate.alias.decide.measures import Measure
from gate.alias.leases import Leases
from gate.alias.move import subscribers
from gate.alias.move.arrival import Arrival, GatewayConnections, NotArrivedError
from gate.alias.move.book import BROKEN, Book
from gate.alias.move.consumers_view import Watch, watched
from gate.alias.state import Served
from gate.alias.store import AliasRefused, AliasUntold, Store, Unset, found
from gate.alias.unmoved import Unmoved
from gate.ledger import LedgerError, Result
from gate.seals import Seals


@dataclass(frozen=True, kw_only=True, slots=True)
class Swap:
    """One gateway's alias, its leases, and the connections on which an arrival is seen."""

    store: Store
    connections: GatewayConnections
    leases: Leases
    book: Book
    arrive: timedelta
    """How long the gateway may take to follow."""

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else moves this alias meanwhile."""
        with ExitStack() as stack:
            stack.enter_context(self.store.alone())
            stack.enter_context(self.book.alone())
            yield

    async def make(
        self, before: Served | None, after: Served, move: int | None, seals: Seals | None = None
    ) -> Arrival:
        """Swaps, and waits for the gateway to follow; where it does not, puts everything back."""
        async with AsyncExitStack() as stack:
            watch = await self._watch(stack, before, after)
            try:
                await self._swapped(before, after, move)
                arrival = await self._followed(before, after, move, seals)
            finally:
                self._measure(watch, after)
        return arrival if watch is None else replace(arrival, atomicity=watch.seen)

    async def _watch(self, stack: AsyncExitStack, before: Served | None, after: Served) -> Watch | None:
        """What consumers see of a move is looked at where nobody knows beforehand how the alias is moved."""
        if before is None or self.connections.foreign is None:
            return None
        old, new = before.serves.belt, after.serves.belt
        return await stack.enter_async_context(watched(self.connections, old=old, new=new))

    def _measure(self, watch: Watch | None, after: Served) -> None:
        if watch is None or self.connections.foreign is None:
            return
        seen = watch.seen
        # On a full disk report and ledger alone have it; a record that is damaged refuses the next move.
        with suppress(OSError, AliasRefused):
            measures.note(
                self.store,
                Measure(
                    writer=self.connections.foreign.writer,
                    belt=after.serves.belt,
                    since=after.since,
                    asked=seen.asked,
                    failed=seen.failed,
                    mixed=seen.mixed,
                ),
            )

    async def _swapped(self, before: Served | None, after: Served, move: int | None) -> None:
        try:
            # One that lives elsewhere takes its time, in which it is asked what consumers see.
            await asyncio.to_thread(self.store.swap, after)
        except Unset as stays:
            self._undo(after, move, stays.brief)
            raise
        except OSError as error:
            raise self._unwritten(before, after, move, error.strerror or type(error).__name__) from None

    async def _followed(
        self, before: Served | None, after: Served, move: int | None, seals: Seals | None
    ) -> Arrival:
        try:
            return await self.arrived(after, seals)
        except NotArrivedError as error:
            try:
                self.put_back(before, after, move, str(error))
            except (OSError, AliasRefused) as kept:
                raise self._kept(after, error, kept) from None
            raise Unmoved(
                "the alias was put back",
                expected=error.expected,
                seen=error.seen,
                now="see why the gateway does not follow, then run `pulumi up` again",
            ) from None

    def _kept(self, after: Served, error: NotArrivedError, kept: OSError | AliasRefused) -> Unmoved:
        """The alias is neither where it should be nor where it was."""
        if isinstance(kept, AliasRefused):
            leads = (
                "nobody knows where the alias leads"
                if isinstance(kept, AliasUntold)
                else (f"the alias leads to {after.serves.belt}")
            )
            return Unmoved(
                f"{leads}, and it could not be put back",
                expected=f"{error.expected}, or {kept.expected}",
                seen=f"{error.seen}; {kept.brief}",
                now=kept.now,
            )
        return Unmoved(
            f"the alias leads to {after.serves.belt}, and could not be put back",
            expected=f"{error.expected}, or to write {self.store}",
            seen=f"{error.seen}; {kept.strerror or type(kept).__name__}",
            now="make room there, then run `pulumi up` again: it finishes the move or undoes it",
        )

    async def arrived(self, after: Served, seals: Seals | None = None) -> Arrival:
        """Sees the gateway follow; then the leases and the subscribers follow too."""
        arrival = await self.connections.leads_to(after.serves.belt, self.arrive, seals)
        self.leases.settle(after)
        subscribers.follow(self.leases.place, after)
        return arrival

    def put_back(self, before: Served | None, after: Served, move: int | None, why: str) -> None:
        """The alias as it was before the move, and the move undone."""
        if before is None:
            self.store.clear()
        else:
            self.store.swap(before)
        with suppress(OSError):  # who is held in vain is let go of by the next update, and the audit tells
            self.leases.forget(after.serves.belt)
        if before is not None:
            self.leases.settle(before)
        subscribers.send_away(self.leases.place, after.serves)
        with suppress(*BROKEN):  # whoever comes next finds the move, and by the alias that it was undone
            self.book.end(move, Result.UNDONE, why)

    @contextmanager
    def expecting(self, belt: str) -> Iterator[None]:
        """Before a move is recorded its belt must stay, so that a cut-off shows by the leases too."""
        try:
            self.leases.expect(belt)
        except BeltGoing as going:
            raise Unmoved(
                f"the alias stays where it is: {going.what}",
                expected=going.expected,
                seen=going.seen,
                now=going.now,
            ) from None
        except OSError as error:
            raise Unmoved(
                "the alias stays where it is",
                expected=f"to write that {belt} is to stay",
                seen=f"{error.strerror or type(error).__name__}",
                now="make room there, then run `pulumi up` again",
            ) from None
        try:
            yield
        except LedgerError:
            with suppress(OSError):  # what it says of the move matters more; the next one lets go of the belt
                self.leases.forget(belt)
            raise

    def _unwritten(self, before: Served | None, after: Served, move: int | None, why: str) -> Unmoved:
        """A disk that is full or broken: where the alias is as it was, the move is over."""
        if found(self.store) != before:
            return Unmoved(
                f"{after.serves.belt} serves, and nobody knows whether the disk keeps that",
                expected=f"to write {self.store}",
                seen=why,
                now="see to the disk, then run `pulumi up` again: it finishes the move or undoes it",
            )
        self._undo(after, move, f"the alias could not be written: {why}")
        return Unmoved(
            "the alias stays where it is",
            expected=f"to write {self.store}",
            seen=f"{why}",
            now="make room there, then run `pulumi up` again",
        )

    def _undo(self, after: Served, move: int | None, why: str) -> None:
        """The move is over, and the alias is where it was."""
        # On a full disk neither may go: whoever comes next finds the move, and that it was not made.
        with suppress(OSError):
            self.leases.forget(after.serves.belt)
        with suppress(*BROKEN):
            self.book.end(move, Result.UNDONE, why)


def now() -> str:
    """The moment of a move, as the alias keeps it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
