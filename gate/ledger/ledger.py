"""The ledger: what the gate said and where the alias went, in a Postgres that keeps its own invariants."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from gate.ledger.errors import LedgerRefused
from gate.ledger.migrations import Migration, migrate, migrations
from gate.ledger.records import (
    Certificate,
    Entry,
    Heights,
    Kind,
    Measure,
    Move,
    Occasion,
    Past,
    Result,
    Verdict,
    Waiting,
)
from gate.ledger.session import connected, words


class Ledger:
    """One open connection to the ledger of one gateway; every method is one transaction."""

    def __init__(self, connection: Connection[tuple[Any, ...]], occasion: Occasion) -> None:
        self._connection = connection
        self._occasion = occasion

    def record_verdict(self, verdict: Verdict) -> None:
        self._insert(
            "verdicts",
            {
                **self._told,
                **_columns(verdict),
                "policy": Jsonb(verdict.policy),
                "heights": _stored(verdict.heights),
                "report": Jsonb(verdict.report),
            },
        )

    def begin(self, move: Move) -> int:
        """Records that the alias is about to move, and uses up the certificate; returns the move's number."""
        with self._transaction():
            last = self._ask("select max(seq) from moves where gateway = %(gateway)s", self._told)
            seq = int(last or 0) + 1
            self._insert(
                "moves", {**self._told, **_columns(move), "heights": _stored(move.heights), "seq": seq}
            )
        return seq

    def end(self, seq: int, result: Result, detail: str) -> None:
        """Records how a move ended; one that served is announced in the same transaction."""
        ended = {"gateway": self._occasion.gateway, "seq": seq, "result": result, "detail": detail}
        self._insert("results", ended)

    def moves(self, *, newest: int | None = None) -> tuple[Entry, ...]:
        """The moves of this gateway, newest first."""
        rows = self._read(
            """select seq, kind, certificate, mode, belt, m.identity, from_belt, m.heights, m.stack, m.who,
                      m.at, moved_at, result, detail
               from moves m left join results r using (gateway, seq)
                    left join verdicts v on v.id = m.certificate
               where m.gateway = %(gateway)s order by seq desc limit %(newest)s""",
            {"newest": newest},
        )
        return tuple(_entry(row) for row in rows)

    def last(self) -> Entry | None:
        """The newest move, ended or not."""
        return next(iter(self.moves(newest=1)), None)

    def serving(self) -> Entry | None:
        """The newest move that served."""
        return next((move for move in self.moves() if move.result is Result.SERVED), None)

    def certificate(self, belt: str, identity: str) -> Certificate | None:
        """The newest certificate for exactly this candidate: neither used, nor expired, nor overtaken.

        What the gate said last of a candidate is what counts: a later verdict that is none voids it. So does
        a later move: it was judged as things were before.
        """
        rows = self._read(
            """select id, mode, heights from verdicts v
               where gateway = %(gateway)s and candidate = %(belt)s and identity = %(identity)s
                 and outcome = 'passed' and not partial and at + valid_for > clock_timestamp()
                 and not exists (select from moves where certificate = v.id)
                 and not exists (select from verdicts later
                                 where (later.gateway, later.candidate, later.identity)
                                         = (v.gateway, v.candidate, v.identity)
                                   and later.at > v.at and (later.outcome <> 'passed' or later.partial))
                 and not exists (select from moves
                                 where moves.gateway = v.gateway and kind <> 'found' and moves.at > v.at)
               order by at desc limit 1""",
            {"belt": belt, "identity": identity},
        )
        return Certificate(**{**rows[0], "heights": _read_heights(rows[0])}) if rows else None

    def last_measure(self) -> Measure | None:
        """The policy of the newest promotion that served; None before the first one."""
        rows = self._read(
            """select policy_digest as digest, policy
               from moves m join results r using (gateway, seq) join verdicts v on v.id = m.certificate
               where m.gateway = %(gateway)s and result = 'served' order by seq desc limit 1""",
            {},
        )
        return Measure(**rows[0]) if rows else None

    def past(self, belt: str, identity: str) -> Past | None:
        """The certificate by which exactly this belt came to serve last."""
        rows = self._read(
            """select v.id, v.at, v.heights, v.report
               from moves m join results r using (gateway, seq) join verdicts v on v.id = m.certificate
               where m.gateway = %(gateway)s and m.belt = %(belt)s and m.identity = %(identity)s
                 and result = 'served' order by seq desc limit 1""",
            {"belt": belt, "identity": identity},
        )
        return Past(**{**rows[0], "heights": _read_heights(rows[0])}) if rows else None

    def waiting(self) -> Waiting:
        """What listeners have not taken yet: how much, since when, and after how many attempts."""
        [row] = self._read(
            """select count(*)::int as announcements, min(at) as since,
                      coalesce(max(tried), 0)::int as attempts
               from announcements a cross join lateral (
                   select count(*) as tried, bool_or(status between 200 and 299) as taken
                   from deliveries where key = a.key) d
               where gateway = %(gateway)s and taken is not true""",
            {},
        )
        return Waiting(**row)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Holds this gateway's lock: of two operators who move the alias at once, the second is refused."""
        lock = "hashtextextended('belts alias of ' || %(gateway)s, 0)"
        if not self._ask(f"select pg_try_advisory_lock({lock})", self._told):
            raise LedgerRefused(
                f"somebody else is moving the alias of {self._occasion.gateway} right now: "
                "wait for them to finish"
            )
        try:
            yield
        finally:
            self._ask(f"select pg_advisory_unlock({lock})", self._told)

    def _insert(self, table: str, row: Mapping[str, Any]) -> None:
        statement = sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(map(sql.Placeholder, row)),
        )
        with self._transaction():
            self._connection.execute(statement, row)

    def _ask(self, question: str, values: Mapping[str, Any]) -> Any:
        """The one value that answers a question."""
        with words():
            row = self._connection.execute(question.encode(), values).fetchone()
        return row[0] if row else None

    def _read(self, statement: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        with words(), self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement.encode(), {**self._told, **values}).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with words(), self._connection.transaction():
            yield

    @property
    def _told(self) -> dict[str, Any]:
        return _columns(self._occasion)


@contextmanager
def opened(url: str, occasion: Occasion, steps: tuple[Migration, ...] | None = None) -> Iterator[Ledger]:
    """The ledger at `url`, brought up to the newest schema first."""
    with connected(url, name="belts ledger") as connection:
        with words():
            migrate(connection, migrations() if steps is None else steps)
        yield Ledger(connection, occasion)


@contextmanager
def reading(url: str, occasion: Occasion) -> Iterator[Ledger]:
    """The ledger at `url` as it is, for those who only look: nothing can be written, nothing is migrated."""
    with connected(url, name="belts ledger reader") as connection:
        with words():
            connection.execute(b"set default_transaction_read_only = on")
        yield Ledger(connection, occasion)


def _columns(record: Verdict | Move | Occasion) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _stored(heights: Heights) -> Jsonb:
    return Jsonb({str(chain): height for chain, height in sorted(heights.items())})


def _read_heights(row: Mapping[str, Any]) -> Heights:
    return {int(chain): height for chain, height in row["heights"].items()}


def _entry(row: Mapping[str, Any]) -> Entry:
    result = row["result"]
    return Entry(
        **{
            **row,
            "kind": Kind(row["kind"]),
            "heights": _read_heights(row),
            "result": None if result is None else Result(result),
        }
    )
