"""Records a move in the ledger: its begin and end, and what was done while the ledger was unavailable."""

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
"""Errors other than its rules refusing a row; a way back does not wait for them."""


class Book:
    """The ledger for one move; nothing is written once it is lost."""

    def __init__(self, ledger: Ledger | None, *, lost: Refusal | None = None) -> None:
        """`ledger` is None if it cannot be used, and `lost` says why."""
        self.ledger = ledger
        self.lost = lost
        self._stale = False

    def lose(self, why: LedgerError) -> None:
        """Treats the ledger as unavailable from here on."""
        self.ledger, self.lost = None, why

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps others from recording a move of this gateway."""
        with ExitStack() as held:
            if self.ledger is not None:
                try:
                    held.enter_context(self.ledger.alone())
                except BROKEN as why:
                    self.lose(why)
            yield

    def caught_up(self, live: Served | None) -> Booked | None:
        """Who serves according to the ledger, after recording the rollbacks made without it."""
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
        """The newest move whose outcome is not recorded yet."""
        last = None if self.ledger is None else self.ledger.last()
        return last if last is not None and last.result is None else None

    def leaves(self, live: Served | None, booked: Booked) -> Booked:
        """The belt that a promotion leaves; a change made outside is first recorded as found."""
        if live is None or live.serves.identity == booked.identity or self.ledger is None:
            return booked
        # A change made outside is recorded as found, so that the next move starts from the truth.
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
        """The number of a rollback; None if the ledger is unavailable, as a rollback does not wait."""
        if self.ledger is None or self._stale:
            return None
        try:
            return self.ledger.begin(_rollback(live.serves, to, heights))
        except BROKEN as why:
            self.lose(why)
            return None

    def end(self, move: int | None, result: Result, detail: str, look: Seen | None = None) -> None:
        """Records how a move ended; one without a number is recorded later."""
        if self.ledger is not None and move is not None:
            seen = None if look is None else Look(outcome=look.outcome.words, told=str(look))
            self.ledger.end(move, result, detail, seen)

    def end_served(self, after: Served, move: int | None, arrival: Arrival, look: Seen | None = None) -> None:
        """Records that a belt serves; if the ledger is lost now, raises `Unbooked`, but the alias stays."""
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
