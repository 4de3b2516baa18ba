"""A move in the ledger: how it begins and ends, and what was made while the ledger was away."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime

from belts.refusal import Refusal
from gate.alias.confirm.seen import Seen
from gate.alias.decide.plan import Booked, reckon
from gate.alias.move.arrival import Arrival
from gate.alias.state import Back, Heights, Served, Standing
from gate.alias.unmoved import Unbooked
from gate.ledger import (
    Certificate,
    Entry,
    Kind,
    Ledger,
    LedgerError,
    LedgerUnfit,
    LedgerUnreachable,
    Look,
    Move,
    Result,
)

BROKEN = (LedgerUnreachable, LedgerUnfit)
"""What is no word of its rules about a row: a way back does not wait for it."""


class Book:
    """The ledger as one move needs it; nothing is written where it is lost, before or meanwhile."""

    def __init__(self, ledger: Ledger | None, *, lost: Refusal | None = None) -> None:
        """`ledger` is None while it cannot be used, and `lost` says why."""
        self.ledger = ledger
        self.lost = lost
        self._stale = False

    def lose(self, why: LedgerError) -> None:
        """From here on the ledger is as one that does not answer."""
        self.ledger, self.lost = None, why

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else books a move of this gateway meanwhile."""
        with ExitStack() as held:
            if self.ledger is not None:
                try:
                    held.enter_context(self.ledger.alone())
                except BROKEN as why:
                    self.lose(why)
            yield

    def caught_up(self, live: Served | None) -> Booked | None:
        """Who serves by the ledger, after rollbacks that were made without it have been booked."""
        if self.ledger is None:
            return None
        try:
            return self._caught_up(self.ledger, live)
        except BROKEN as why:
            self.lose(why)
            return None

    def _caught_up(self, ledger: Ledger, live: Served | None) -> Booked:
        serving = ledger.serving()
        if live is not None and serving is not None:
            for back in live.untold(serving.identity, move=serving.seq):
                self._late(ledger, back)
                serving = ledger.serving()
        booked = reckon(live, last=ledger.last(), serving=serving)
        self._stale = booked.stale
        return booked

    def unended(self) -> Entry | None:
        """The newest move, where nobody has booked how it ended."""
        last = None if self.ledger is None else self.ledger.last()
        return last if last is not None and last.result is None else None

    def leaves(self, live: Served | None, booked: Booked) -> Booked:
        """The belt that a promotion leaves; one that nobody here moved to is first told as it was found."""
        if live is None or live.serves.identity == booked.identity or self.ledger is None:
            return booked
        # What nobody here did is told as it was found, so that the way on begins at the truth.
        found = Move(
            kind=Kind.FOUND,
            certificate=None,
            belt=live.serves.belt,
            identity=live.serves.identity,
            from_belt=booked.belt,
            from_identity=booked.identity,
            heights=live.serves.heights,
        )
        self.ledger.end(self.ledger.begin(found), Result.SERVED, "found at the alias, moved by nobody here")
        return Booked(belt=live.serves.belt, identity=live.serves.identity)

    @staticmethod
    def begin_promotion(ledger: Ledger, certificate: Certificate, to: Standing, leaves: Booked) -> int:
        """The number of a promotion, which uses up its certificate."""
        return ledger.begin(
            Move(
                kind=Kind.PROMOTION,
                certificate=certificate.id,
                belt=to.belt,
                identity=to.identity,
                from_belt=leaves.belt,
                from_identity=leaves.identity,
                heights=to.heights,
            )
        )

    def begin_rollback(self, live: Served, to: Standing, heights: Heights) -> int | None:
        """The number of a rollback; None while the ledger does not do its work: nobody waits for it."""
        if self.ledger is None or self._stale:
            return None
        try:
            return self.ledger.begin(_rollback(live.serves, to, heights))
        except BROKEN as why:
            self.lose(why)
            return None

    def end(self, move: int | None, result: Result, detail: str, look: Seen | None = None) -> None:
        """How a move ended; one without a number is booked later."""
        if self.ledger is not None and move is not None:
            seen = None if look is None else Look(outcome=look.outcome.words, told=str(look))
            self.ledger.end(move, result, detail, seen)

    def end_served(self, after: Served, move: int | None, arrival: Arrival, look: Seen | None = None) -> None:
        """A ledger that is lost now says nothing of where consumers are: they are where the alias leads."""
        try:
            self.end(move, Result.SERVED, arrival.words, look)
        except LedgerError as error:
            raise Unbooked(after.serves.belt, arrival.words, error) from None

    @staticmethod
    def _late(ledger: Ledger, back: Back) -> None:
        late = replace(
            _rollback(back.left, back.to, back.to.heights), moved_at=datetime.fromisoformat(back.since)
        )
        ledger.end(ledger.begin(late), Result.SERVED, "made while the ledger did not answer")


def _rollback(source: Standing, to: Standing, heights: Heights) -> Move:
    return Move(
        kind=Kind.ROLLBACK,
        certificate=None,
        belt=to.belt,
        identity=to.identity,
        from_belt=source.belt,
        from_identity=source.identity,
        heights=heights,
    )
