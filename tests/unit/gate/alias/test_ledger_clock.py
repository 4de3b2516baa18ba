"""A ledger whose clock was set back: a little is waited for, more is told as what it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import psycopg
import pytest

from gate.ledger import Author, Ledger, LedgerError, LedgerRefused, LedgerUnfit, Result
from gate.secret import Secret


@dataclass
class Connection:
    """A Postgres whose clock is so many seconds behind its newest row, until it was waited for."""

    behind: float
    rows: list[Any] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        yield

    def execute(self, statement: Any, values: Any) -> "Connection":
        text = repr(statement)
        if "clock_timestamp" in text:
            self.asked.append(text)
        elif self.behind - sum(self.slept) > 0:
            raise psycopg.errors.CheckViolation("the clock of the ledger went back")
        elif self.behind < 0:
            raise psycopg.errors.CheckViolation("no way back")
        else:
            self.rows.append(values)
        return self

    def fetchone(self) -> tuple[float]:
        return (self.behind - sum(self.slept),)


def ended(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate.ledger.ledger.time.sleep", connection.slept.append)
    author = Author(gateway="gateway", stack="gateway", who="ada")
    Ledger(cast("Any", connection), author, Secret("key")).end(1, Result.SERVED, "it answers")


def test_a_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row is written once the clock has caught up."""
    connection = Connection(2.0)
    ended(connection, monkeypatch)
    assert connection.slept == [2.0]
    assert len(connection.rows) == 1
    assert "'results'" in connection.asked[0]


@pytest.mark.parametrize(
    ("behind", "kind", "words"),
    [(60.0, LedgerUnfit, "it is 60 s behind"), (-5.0, LedgerRefused, "no way back")],
)
def test_what_is_told(
    monkeypatch: pytest.MonkeyPatch, behind: float, kind: type[LedgerError], words: str
) -> None:
    """A clock that is far behind is no word about the row; what its rules say is one."""
    connection = Connection(behind)
    with pytest.raises(LedgerError, match=words) as told:
        ended(connection, monkeypatch)
    assert type(told.value) is kind
    assert connection.slept == []
    assert connection.rows == []
