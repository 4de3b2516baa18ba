"""The way back from a belt that was seen to be wrong right after its promotion.

What was seen is kept beside the alias before anything is done about it, so that whoever is cut off here, at
whatever step, leaves a belt that is barred, and whoever comes next goes on.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from gate.alias.confirm.seen import Seen, failed
from gate.alias.decide import refutation
from gate.alias.decide.refutation import Refutation
from gate.alias.move.book import Book
from gate.alias.move.swap import Swap, now
from gate.alias.order.wanted import Wanted
from gate.alias.sight import UnprovedError, as_seen
from gate.alias.state import Heights, Served, Standing
from gate.alias.store import AliasRefused, AliasUntold
from gate.alias.unmoved import Unmoved
from gate.ledger import LedgerError, Result
from gate.seals import answers


@dataclass(frozen=True, kw_only=True, slots=True)
class WayBack:
    """From the belt that serves to the one that it has left, by the rules of a rollback."""

    swap: Swap
    book: Book
    others: Mapping[str, Wanted]
    within: timedelta
    """How long the belt that was left may take to be where it was."""

    async def refuted(self, after: Served, move: int, look: Seen, *, recovery: bool) -> Unmoved:
        """The belt is wrong, seen twice: back to the one that was left, where that may serve."""
        wrong = Refutation(belt=after.serves.belt, identity=after.serves.identity, move=move, told=str(look))
        with suppress(OSError):  # on a full disk the ledger alone keeps it
            refutation.note(self.swap.store, wrong)
        return await self.resumed(after, wrong, booked=False, recovery=recovery)

    async def resumed(self, after: Served, wrong: Refutation, *, booked: bool, recovery: bool) -> Unmoved:
        """The same, where the refutation is kept; `booked` where the ledger already has it."""
        belt = wrong.belt
        here = f"{belt} was promoted, and was seen to be wrong right after, twice: {wrong.told}"
        booked = booked or self._book(wrong)
        try:
            left, heights = await self._left(after, recovery=recovery)
        except UnprovedError as none:
            self._forget(booked=booked)
            return Unmoved(
                f"{here}; the alias stays on it: {none.what}",
                expected="a belt to move it back to",
                seen=none.brief,
                now=f"bring up another belt and promote that; {belt} is barred from the next promotion on"
                f"{_unbooked(booked=booked)}",
            )
        # Consumers do not wait for the ledger; whoever comes next books what it missed.
        back = self._begin(after, left, heights) if booked else None
        served = after.rolled_back(replace(left, heights=heights), since=now(), move=back)
        try:
            with self.swap.expecting(left.belt):
                arrival = await self.swap.make(after, served, back)
        except (Unmoved, AliasRefused) as stays:
            self._forget(booked=booked)
            where = "the alias stays on it"
            if isinstance(stays, AliasUntold):
                where = "nobody can tell whether the alias still leads to it"
            return Unmoved(
                f"{here}; {where}: {left.belt} did not take over: {stays.what}",
                expected=stays.expected,
                seen=stays.seen,
                now=stays.now,
            )
        with suppress(LedgerError):  # consumers are back; whoever comes next books it
            self.book.end(back, Result.SERVED, f"{belt} was wrong; {arrival.words}")
        self._forget(booked=booked)
        return Unmoved(
            f"{here}; the alias was moved back to {left.belt}, as a rollback",
            expected=f"{belt} to hold what it was certified with",
            seen=str(wrong.told),
            now=f"find out why, and bring up another belt; {belt} is barred, until "
            f"`pulumi config set lift {wrong.bar.name}` lifts that bar{_unbooked(booked=booked)}",
        )

    def _book(self, wrong: Refutation) -> bool:
        """Whether the ledger was told; it then has the bar."""
        try:
            self.book.end(wrong.move, Result.SERVED, "the look after it failed", failed(wrong.told))
        except LedgerError:
            return False
        return self.book.ledger is not None

    def _begin(self, after: Served, left: Standing, heights: Heights) -> int | None:
        try:
            return self.book.begin_rollback(after, left, heights)
        except LedgerError:
            return None

    def _forget(self, *, booked: bool) -> None:
        """Nothing is left to be done, and the ledger has the bar."""
        if booked:
            with suppress(OSError):
                refutation.forget(self.swap.store)

    async def _left(self, after: Served, *, recovery: bool) -> tuple[Standing, Heights]:
        """The belt that was left and how far it is, by the rules of a rollback, or `UnprovedError`."""
        if recovery:
            raise _closed("the belt before it was dead")
        if not after.behind:
            raise _closed("no belt served before it")
        left = after.behind[-1]
        other = self.others.get(left.belt)
        if other is None or other.declared.digest != left.identity or other.dial != left.dial:
            raise _closed(f"{left.belt} is not described any more as the belt that served")
        sight = await as_seen(left.belt, other.seen, left.heights, within=self.within)
        if not await answers(left.dial):
            raise _closed(f"{left.belt} does not answer at {left.dial}")
        return left, sight.heights


def _closed(why: str) -> UnprovedError:
    return UnprovedError(
        why,
        expected="the belt that was left, as it was when it served",
        seen="no belt that may serve in its place",
        now="bring up another belt and promote that",
    )


def _unbooked(*, booked: bool) -> str:
    """What is kept beside the alias bars the belt as well as what the ledger keeps."""
    return "" if booked else "; the ledger could not be told, the next `pulumi up` tells it"
