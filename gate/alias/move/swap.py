"""Moves the alias and sees it arrive; where it does not, everything is put back as it was."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from belts.runtimes.lease import BeltGoing
from gate.alias.leases import Leases
from gate.alias.move import subscribers
from gate.alias.move.arrival import Arrival, GatewayConnections, NotArrivedError
from gate.alias.move.book import BROKEN, Book
from gate.alias.state import Served
from gate.alias.store import Store, found
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
        try:
            self.store.swap(after)
        except OSError as error:
            raise self._unwritten(before, after, move, error.strerror or type(error).__name__) from None
        try:
            arrival = await self.arrived(after, seals)
        except NotArrivedError as error:
            try:
                self.put_back(before, after, move, str(error))
            except OSError as full:
                why = full.strerror or type(full).__name__
                raise Unmoved(
                    f"the alias leads to {after.serves.belt}, and could not be put back",
                    expected=f"{error.expected}, or to write {self.store}",
                    seen=f"{error.seen}; {why}",
                    now="make room there, then run `pulumi up` again: it finishes the move or undoes it",
                ) from None
            raise Unmoved(
                "the alias was put back",
                expected=error.expected,
                seen=error.seen,
                now="see why the gateway does not follow, then run `pulumi up` again",
            ) from None
        return arrival

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
        # On a full disk neither may go: whoever comes next finds the move, and that it was not made.
        with suppress(OSError):
            self.leases.forget(after.serves.belt)
        with suppress(*BROKEN):
            self.book.end(move, Result.UNDONE, f"the alias could not be written: {why}")
        return Unmoved(
            "the alias stays where it is",
            expected=f"to write {self.store}",
            seen=f"{why}",
            now="make room there, then run `pulumi up` again",
        )


def now() -> str:
    """The moment of a move, as the alias keeps it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
