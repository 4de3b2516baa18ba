"""Exports the ledger to one file, and imports it into an empty one: rows unchanged, with seals and dates.

A backup does not know what happened after it. Unused certificates in it are void once it is restored, and an
alias that is newer than its last move is refused by the next move, as always.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO, LiteralString

from psycopg import Connection, sql

from gate.ledger.errors import LedgerRefused
from gate.ledger.migrations import Migration, migrate, migrations, refuse_another
from gate.ledger.owner import prepare
from gate.ledger.session import connected, words

FORMAT = "belts ledger"
VERSION = 1
TABLES: Mapping[str, LiteralString] = {
    "verdicts": "at, id",
    "moves": "gateway, seq",
    "results": "gateway, seq",
    "announcements": "gateway, seq",
    "deliveries": "key, attempt",
    "voided": "at, id",
}
"""The tables in the order in which rows can be restored: none before what it refers to."""
AT_ONCE = 200
ROW = b',"row":'
UNTOUCHED = "nothing was restored"
ANOTHER = "give a file that `python -m gate ledger dump` ended with 0"


@dataclass(frozen=True, kw_only=True, slots=True)
class Backup:
    """The contents of a file: rows by table, and when it was made."""

    at: str
    rows: Mapping[str, int]

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {table}" for table, count in self.rows.items() if count)
        return f"{counts or 'no rows'}, as of {self.at}"


def dump(url: str, sink: BinaryIO) -> Backup:
    """Writes everything that the ledger held at one moment; the last line confirms that it is complete."""
    total, counts = hashlib.sha256(), dict.fromkeys(TABLES, 0)
    at = datetime.now(UTC).isoformat(timespec="seconds")

    def write(line: bytes) -> None:
        total.update(line)
        sink.write(line)

    with connected(url, name="belts ledger backup") as connection, words(), connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        refuse_another(connection, migrations())
        known = dict(connection.execute("select version, digest from migrations order by version").fetchall())
        head = {"format": FORMAT, "version": VERSION, "at": at, "migrations": known}
        write(json.dumps(head).encode() + b"\n")
        for table, order in TABLES.items():
            for row in _rows(connection, table, order):
                write(b'{"table":"' + table.encode() + b'"' + ROW + row + b"}\n")
                counts[table] += 1
    end = {"rows": sum(counts.values()), "sha256": total.hexdigest()}
    sink.write(json.dumps(end).encode() + b"\n")
    sink.flush()
    return Backup(at=at, rows=counts)


def _rows(connection: Connection[tuple[Any, ...]], table: str, order: str) -> Iterator[bytes]:
    """Rows as Postgres prints them, so that no number loses a digit; generated columns are left out."""
    query = sql.SQL("select (to_jsonb(t) - 'before')::text from {} t order by {}").format(
        sql.Identifier(table),
        sql.SQL(order),
    )
    with connection.cursor(f"backup_{table}") as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(query)
        for (row,) in cursor:
            yield row.encode()


def restore(url: str, source: BinaryIO, *, role: str, steps: tuple[Migration, ...] | None = None) -> Backup:
    """Fills the empty ledger at its owner's URL, or leaves it as it was; then admits `role`."""
    known = migrations() if steps is None else steps
    file = _File(source)
    _refuse_strange(file.migrations, known)
    with connected(url, name="belts ledger owner") as connection, words(), connection.transaction():
        _refuse_kept(connection)
        if connection.execute("select to_regclass('migrations')").fetchone() == (None,):
            migrate(connection, tuple(step for step in known if step.version in file.migrations))
        tables = [table for table in TABLES if _exists(connection, table)]
        # Rows are dated and judged when they are first written; here a foreign key judges them too.
        for table in tables:
            _switch(connection, table, "disable")
        counts = dict.fromkeys(TABLES, 0)
        for table, row in file.rows():
            _insert(connection, table, row)
            counts[table] += 1
        for table in tables:
            _switch(connection, table, "enable")
        if _exists(connection, "turns"):  # the next row comes after all of these
            connection.execute(
                "select setval('turns', greatest(1, (select max(turn) from verdicts),"
                " (select max(turn) from moves)))"
            )
        migrate(connection, known)
        connection.execute(
            "insert into voided (id) select id from verdicts v where outcome = 'passed'"
            " and not exists (select from moves where certificate = v.id)"
            " and not exists (select from voided where id = v.id)"
        )
    prepare(url, role=role, steps=steps)
    return Backup(at=file.at, rows=counts)


def _refuse_strange(held: Mapping[int, str], known: tuple[Migration, ...]) -> None:
    digests = {step.version: step.digest for step in known}
    strange = sorted(version for version, digest in held.items() if digests.get(version) != digest)
    if strange:
        raise LedgerRefused(
            UNTOUCHED,
            expected="a backup of this version of Belts, or of an older one",
            seen=f"one whose migration {strange[0]} this version does not have",
            now="restore it by the version of Belts that wrote it, or by a newer one",
        )


def _refuse_kept(connection: Connection[tuple[Any, ...]]) -> None:
    """Raises if the ledger holds anything: it is never replaced, not even by its own backup."""
    for table in TABLES:
        query = sql.SQL("select exists (select from {})").format(sql.Identifier(table))
        if _exists(connection, table) and connection.execute(query).fetchone() == (True,):
            raise LedgerRefused(
                UNTOUCHED,
                expected="a ledger without a row",
                seen=f"one that holds {table}",
                now="keep it with `python -m gate ledger dump`, and restore into an empty database",
            )


def _exists(connection: Connection[tuple[Any, ...]], table: str) -> bool:
    return connection.execute("select to_regclass(%s) is not null", [table]).fetchone() == (True,)


def _switch(connection: Connection[tuple[Any, ...]], table: str, how: str) -> None:
    statement = (
        "alter table {} disable trigger user" if how == "disable" else "alter table {} enable trigger user"
    )
    connection.execute(sql.SQL(statement).format(sql.Identifier(table)))


def _insert(connection: Connection[tuple[Any, ...]], table: str, row: bytes) -> None:
    """Inserts every column that the table has and does not generate."""
    columns = [
        name
        for (name,) in connection.execute(
            "select attname::text from pg_attribute where attrelid = %s::regclass and attnum > 0"
            " and not attisdropped and attgenerated = ''",
            [table],
        ).fetchall()
    ]
    named = sql.SQL(", ").join(map(sql.Identifier, columns))
    connection.execute(
        sql.SQL(
            "insert into {table} ({named})"
            " select {named} from jsonb_populate_record(null::{table}, %s::jsonb)"
        ).format(table=sql.Identifier(table), named=named),
        [row.decode()],
    )


class _File:
    """A backup being read: first its head, then its rows, and at the end whether it is complete."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._total = hashlib.sha256()
        head = self._plain(self._line())
        if head.get("format") != FORMAT:
            raise self._refusal("something else")
        if head.get("version") != VERSION:
            raise self._refusal(f"version {head.get('version')} of it; this version of Belts reads {VERSION}")
        try:
            self.at = str(head["at"])
            self.migrations = {int(number): str(digest) for number, digest in head["migrations"].items()}
        except (KeyError, AttributeError, ValueError):
            raise self._refusal("a first line that says less than it should") from None

    def rows(self) -> Iterator[tuple[str, bytes]]:
        """Each table and row, as Postgres printed it."""
        count = 0
        while True:
            before = self._total.hexdigest()
            line = self._line()
            if not line:
                raise self._refusal(f"one that breaks off after {count} rows")
            head, is_row, rest = line.partition(ROW)
            if not is_row:
                if self._plain(line) != {"rows": count, "sha256": before} or self._source.read(1):
                    raise self._refusal("one whose last line does not fit what stands before it")
                return
            table = self._plain(head + b"}").get("table")
            if table not in TABLES or not rest.endswith(b"}\n"):
                raise self._refusal(f"a row of {str(table)[:40]!r}")
            count += 1
            yield str(table), rest[:-2]

    def _line(self) -> bytes:
        line = self._source.readline()
        self._total.update(line)
        return line

    def _plain(self, line: bytes) -> dict[str, Any]:
        try:
            told = json.loads(line)
        except ValueError:
            raise self._refusal("something else") from None
        if not isinstance(told, dict):
            raise self._refusal("something else")
        return told

    @staticmethod
    def _refusal(seen: str) -> LedgerRefused:
        return LedgerRefused(UNTOUCHED, expected="a whole backup of a ledger", seen=seen, now=ANOTHER)
