"""The ledger: the gate's verdicts, and where the alias went, in a Postgres that keeps its own invariants."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection, sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from gate.ledger import seal
from gate.ledger.errors import LedgerBusy, LedgerError, LedgerUnfit
from gate.ledger.migrations import Migration, migrations, refuse_another
from gate.ledger.records import (
    Author,
    Bar,
    Certificate,
    Entry,
    Heights,
    Kind,
    Look,
    Measure,
    Move,
    Past,
    Result,
    Verdict,
    Waiting,
)
from gate.ledger.session import connected, words
from gate.secret import Secret


class Ledger:
    """One open connection to the ledger of one gateway; every method is one transaction.

    `key` seals what is written and checks seals; None for readers that only display.
    """

    def __init__(self, connection: Connection[tuple[Any, ...]], author: Author, key: Secret | None) -> None:
        self._connection = connection
        self._author = author
        self._key = key

    def record_verdict(self, verdict: Verdict) -> None:
        self._write(
            "record_verdict",
            "verdicts",
            {**self._told, **_columns(verdict), "heights": _stored(verdict.heights)},
        )

    def begin(self, move: Move) -> int:
        """Records that the alias is about to move, and uses up the certificate; returns the move's number."""
        with self._transaction():
            last = self._ask("select max(seq) from moves where gateway = %(gateway)s", self._told)
            seq = int(last or 0) + 1
            row = {**self._told, **_columns(move), "heights": _stored(move.heights), "seq": seq}
            self._write("begin_move", "moves", row)
        return seq

    def end(self, seq: int, result: Result, detail: str, look: Look | None = None) -> None:
        """Records how a move ended; a move that served is announced in the same transaction.

        `look` is what was seen of the belt right after a promotion. A failed look bars the belt.
        """
        ended = {"gateway": self._author.gateway, "seq": seq, "result": result, "detail": detail}
        seen = {"look": None, "told": None} if look is None else {"look": look.outcome, "told": look.told}
        self._write("end_move", "results", {**ended, **seen})

    def bar(self, identity: str) -> Bar | None:
        """The newest bar of exactly this belt, lifted or not."""
        rows = self._read(
            """select belt, seq as move, told from moves m join results r using (gateway, seq)
               where m.gateway = %(gateway)s and m.identity = %(identity)s
                 and m.kind = 'promotion' and r.look = 'failed'
               order by seq desc limit 1""",
            {"identity": identity},
        )
        return Bar(**rows[0]) if rows else None

    def moves(self, *, newest: int | None = None) -> tuple[Entry, ...]:
        """The moves of this gateway, newest first."""
        rows = self._read(
            """select seq, kind, certificate, mode, belt, m.identity, from_belt, m.heights, m.stack, m.who,
                      m.at, moved_at, result, detail, look, told
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

    def promoted(self) -> frozenset[tuple[str, str]]:
        """Every belt that came to serve by a move of ours: its name, and who it was then."""
        return frozenset(
            (move.belt, move.identity)
            for move in self.moves()
            if move.result is Result.SERVED and move.kind is not Kind.FOUND
        )

    def certificate(self, belt: str, identity: str, policy: str) -> Certificate | None:
        """The newest certificate for exactly this candidate by exactly this policy, sealed by this gateway.

        It is not used, expired or overtaken, nor void because the ledger was restored.

        Only the gate's last verdict about a candidate counts: a later one that did not pass voids it. So does
        a later move, because it was judged under the situation before that.
        """
        rows = self._read(
            """select *, greatest(extract(epoch from clock_timestamp() - at), 0)::float8 as _age from fresh v
               where gateway = %(gateway)s and candidate = %(belt)s and identity = %(identity)s
                 and policy_digest = %(policy)s
                 and outcome = 'passed' and not partial
                 and not exists (select from moves where certificate = v.id)
                 and not exists (select from voided where id = v.id)
                 and not exists (select from verdicts later
                                 where (later.gateway, later.candidate, later.identity)
                                         = (v.gateway, v.candidate, v.identity)
                                   and later.turn > v.turn and (later.outcome <> 'passed' or later.partial))
                 and not exists (select from moves
                                 where moves.gateway = v.gateway and kind <> 'found' and moves.turn > v.turn)
               order by turn desc""",
            {"belt": belt, "identity": identity, "policy": policy},
        )
        for row in self._sealed("verdicts", rows):
            spent = row["_age"] + float(row["report"].get("spent") or 0)
            return _certificate(row, spent=spent)
        return None

    def used(self, certificate: UUID) -> Certificate | None:
        """The certificate that a move used, for ending that move; it no longer expires."""
        rows = self._read(
            """select v.* from verdicts v join moves m on m.certificate = v.id
               where m.gateway = %(gateway)s and v.id = %(certificate)s""",
            {"certificate": certificate},
        )
        return next((_certificate(row, spent=0.0) for row in self._sealed("verdicts", rows)), None)

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
            """select v.*
               from moves m join results r using (gateway, seq) join verdicts v on v.id = m.certificate
               where m.gateway = %(gateway)s and m.belt = %(belt)s and m.identity = %(identity)s
                 and result = 'served' order by seq desc limit 1""",
            {"belt": belt, "identity": identity},
        )
        for row in self._sealed("verdicts", rows):
            return Past(id=row["id"], at=row["at"], heights=_read_heights(row), report=row["report"])
        return None

    def unsealed(self) -> tuple[str, ...]:
        """Rows that this gateway did not write in this form: edited, or made by others."""
        rows = {
            "moves": self._read("select * from moves where gateway = %(gateway)s order by seq", {}),
            "results": self._read("select * from results where gateway = %(gateway)s order by seq", {}),
            "verdicts": self._read(
                """select * from verdicts v where gateway = %(gateway)s
                   and (id in (select certificate from moves where gateway = %(gateway)s)
                        or at + valid_for > clock_timestamp()) order by turn""",
                {},
            ),
        }
        return tuple(
            f"{table.removesuffix('s')} {row.get('id') or row.get('seq')}"
            for table, found in rows.items()
            for row in found
            if not seal.holds(self._known_key, table, row)
        )

    def may_write_tables(self) -> bool:
        """True if this role could write a row without the functions that check it."""
        return bool(self._ask("select has_table_privilege('verdicts', 'insert')", {}))

    def verdicts(self, *, beginning: str = "", newest: int | None = None) -> tuple[Past, ...]:
        """The gate's verdicts, newest first; `beginning` is a prefix of a verdict's id."""
        rows = self._read(
            """select id, at, heights, report from verdicts
               where gateway = %(gateway)s and starts_with(id::text, %(beginning)s)
               order by turn desc limit %(newest)s""",
            {"beginning": beginning, "newest": newest},
        )
        return tuple(Past(**{**row, "heights": _read_heights(row)}) for row in rows)

    def waiting(self) -> Waiting:
        """What listeners have not accepted yet: how many, since when, and after how many attempts."""
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
        """Holds this gateway's lock: if two operators move the alias at once, the second is refused."""
        lock = "hashtextextended('belts alias of ' || %(gateway)s, 0)"
        if not self._ask(f"select pg_try_advisory_lock({lock})", self._told):
            raise LedgerBusy(
                "the alias stays where it is",
                expected=f"nobody else who moves the alias of {self._author.gateway}",
                seen="somebody else is moving it right now",
                now="wait for them to finish",
            )
        try:
            yield
        finally:
            with suppress(LedgerError):  # it is released at the latest when the connection ends
                self._ask(f"select pg_advisory_unlock({lock})", self._told)

    def _write(self, function: str, table: str, row: Mapping[str, Any]) -> None:
        """Writes one sealed row, through the function that checks it."""
        sealed = {**row, "seal": seal.seal(self._known_key, table, row)}
        call = sql.SQL("select {}(%s)").format(sql.Identifier(function))
        with self._transaction():
            self._connection.execute(call, [Jsonb(sealed, dumps=_dumps)])

    def _sealed(self, table: str, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The rows that this gateway has written itself."""
        return (row for row in rows if seal.holds(self._known_key, table, row))

    @property
    def _known_key(self) -> Secret:
        if self._key is None:
            raise LedgerUnfit(
                "no row of the ledger can be told from a forged one",
                expected="the gateway's key, which it keeps where it runs",
                seen="the gateway's key is missing",
                now="bring the gateway up with `pulumi up` on its stack",
            )
        return self._key

    def _ask(self, question: str, values: Mapping[str, Any]) -> Any:
        """The one value that a query returns."""
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
        return _columns(self._author)


@contextmanager
def opened(
    url: str, author: Author, *, key: Secret | None, steps: tuple[Migration, ...] | None = None
) -> Iterator[Ledger]:
    """The ledger at `url`; raises unless its schema is this version's, which only its owner can migrate."""
    with connected(url, name="belts ledger") as connection:
        with words():
            refuse_another(connection, migrations() if steps is None else steps)
        yield Ledger(connection, author, key)


@contextmanager
def reading(url: str, author: Author, *, key: Secret | None = None) -> Iterator[Ledger]:
    """The ledger at `url`, read-only."""
    with connected(url, name="belts ledger reader") as connection:
        with words():
            connection.execute(b"set default_transaction_read_only = on")
            refuse_another(connection, migrations())
        yield Ledger(connection, author, key)


def _columns(record: Verdict | Move | Author) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _stored(heights: Heights) -> dict[str, int]:
    return {str(chain): height for chain, height in sorted(heights.items())}


def _dumps(row: Any) -> str:
    """A row in the form that the ledger's functions read: intervals in seconds, timestamps with zone."""
    return json.dumps(row, default=_text)


def _text(value: Any) -> str:
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.6f} seconds"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _read_heights(row: Mapping[str, Any]) -> Heights:
    return {int(chain): height for chain, height in row["heights"].items()}


def _certificate(row: Mapping[str, Any], *, spent: float) -> Certificate:
    return Certificate(
        id=row["id"],
        mode=row["mode"],
        heights=_read_heights(row),
        state=row["report"].get("state"),
        spent=spent,
    )


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
