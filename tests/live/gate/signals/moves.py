"""Moves in a real ledger, as the writer records them: each one announces itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gate.ledger import Author, Kind, Ledger, Move, Result, Verdict
from tests.live.gate.ledgers import of_host, opened
from tests.live.gate.verdicts import passed

HERE = Author(gateway="gateway", stack="gateway", who="ada")
IDENTITIES = {"blue": "b" * 64, "green": "9" * 64}
HEIGHTS = {1: 100, 10: 90}


@contextmanager
def book(url: str) -> Iterator["Book"]:
    with opened(url, HERE) as ledger:
        yield Book(ledger)


@contextmanager
def book_of_host(hosts: Path) -> Iterator["Book"]:
    """The same in the ledger that a host keeps for its gateway."""
    with of_host(hosts, HERE) as ledger:
        yield Book(ledger)


class Book:
    """A ledger in which two belts take turns."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def promote(self, belt: str) -> None:
        before = self.ledger.serving()
        verdict = passed(
            belt,
            IDENTITIES[belt],
            serving=before.belt if before else None,
            serving_identity=before.identity if before else None,
            heights=HEIGHTS,
        )
        self.ledger.record_verdict(verdict)
        self._move(Kind.PROMOTION, belt, verdict)

    def roll_back(self, belt: str) -> None:
        self._move(Kind.ROLLBACK, belt, None)

    def _move(self, kind: Kind, belt: str, verdict: Verdict | None) -> None:
        before = self.ledger.serving()
        move = Move(
            kind=kind,
            certificate=verdict.id if verdict else None,
            belt=belt,
            identity=IDENTITIES[belt],
            from_belt=before.belt if before else None,
            from_identity=before.identity if before else None,
            heights=HEIGHTS,
        )
        self.ledger.end(self.ledger.begin(move), Result.SERVED, "the gateway answers from it")
