"""A belt's rows, in one snapshot with its progress; now, and from its history at each earlier height."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from belts.envio.release import CHAINS, Storage, storage_of
from belts.runtimes.process.verify.expected_rows import COLUMNS, Row

SCHEMA = "public"
NUMBERS = {"value", "balance", "transfers", "blockNumber", "since"}
BEFORE_ALL = -1
"""The height of a row's first state in the history: what existed before any was kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """The rows of one chain at its height, and their earlier states."""

    height: int
    rows: Mapping[str, Mapping[str, Row]]
    past: Mapping[str, Mapping[str, tuple[tuple[int, Row | None], ...]]]

    @property
    def reaches_back_to(self) -> int | None:
        """The lowest height in its history; None if it keeps none."""
        kept = [at for rows in self.past.values() for each in rows.values() for at, _ in each if at >= 0]
        return min(kept, default=None)

    def at(self, height: int) -> Mapping[str, Mapping[str, Row]]:
        """The rows as they were at a height: later states of the history are undone."""
        found: dict[str, dict[str, Row]] = {}
        for entity, rows in self.rows.items():
            past = self.past.get(entity, {})
            states = (
                (key, _state(rows.get(key), past.get(key, ()), height)) for key in rows.keys() | past.keys()
            )
            found[entity] = {key: row for key, row in states if row is not None}
        return found


def _state(now: Row | None, past: tuple[tuple[int, Row | None], ...], height: int) -> Row | None:
    if not any(at > height for at, _ in past):
        return now
    before = [each for each in past if each[0] <= height]
    return before[-1][1] if before else None


def heights(connection: psycopg.Connection[Any]) -> dict[int, int]:
    """The progress on each chain; empty while there is no chain table."""
    if connection.execute("select to_regclass(%s)", [f"{SCHEMA}.{CHAINS}"]).fetchone() == (None,):
        return {}
    query = sql.SQL("select id::int8, progress_block::int8 from {}")
    return dict(connection.execute(query.format(sql.Identifier(SCHEMA, CHAINS))).fetchall())


def held(connection: psycopg.Connection[Any], *, past: bool = False) -> dict[int, Held]:
    """All rows, by chain."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        progress = heights(connection)
        now = {entity: list(_rows(connection, entity)) for entity in COLUMNS}
        kept = {entity: list(_history(connection, entity)) for entity in COLUMNS} if past else {}
    return {chain: _of_chain(chain, height, now, kept) for chain, height in progress.items()}


def storage(connection: psycopg.Connection[Any]) -> Storage:
    """Which of the known storage layouts it has."""
    names = connection.execute(
        "select relname::text from pg_class where relnamespace = to_regnamespace(%(schema)s) union"
        " select attname::text from pg_attribute a join pg_class c on c.oid = a.attrelid"
        " where c.relnamespace = to_regnamespace(%(schema)s) and attnum > 0",
        {"schema": SCHEMA},
    )
    return storage_of([name for (name,) in names.fetchall()])


def _of_chain(
    chain: int,
    height: int,
    now: Mapping[str, list[Row]],
    kept: Mapping[str, list[tuple[str, int, Row | None]]],
) -> Held:
    mine = f"{chain}-"
    rows = {
        entity: {str(row[0]): row for row in found if str(row[0]).startswith(mine)}
        for entity, found in now.items()
    }
    past: dict[str, dict[str, list[tuple[int, Row | None]]]] = {}
    for entity, found in kept.items():
        by_key: dict[str, list[tuple[int, Row | None]]] = defaultdict(list)
        for key, at, row in found:
            if key.startswith(mine):
                by_key[key].append((at, row))
        past[entity] = by_key
    ordered = {
        entity: {key: tuple(sorted(each, key=lambda one: one[0])) for key, each in by_key.items()}
        for entity, by_key in past.items()
    }
    return Held(height=height, rows=rows, past=ordered)


def _rows(connection: psycopg.Connection[Any], entity: str) -> Iterator[Row]:
    columns = COLUMNS[entity]
    query = sql.SQL("select {} from {}").format(_columns(columns, ""), sql.Identifier(SCHEMA, entity))
    yield from (_row(columns, row) for row in connection.execute(query))


def _history(connection: psycopg.Connection[Any], entity: str) -> Iterator[tuple[str, int, Row | None]]:
    """Each state in the history: the row's id, the height it begins at, and the row, or None if deleted.

    Of several states in one block the last one counts: they come in the order of their checkpoints.
    """
    kind = storage(connection)
    columns = COLUMNS[entity]
    query = sql.SQL(
        "select coalesce(k.block_number::int8, {before}), h.{change}::text, {columns} from {history} h"
        " left join {checkpoints} k on k.id = h.{checkpoint} order by h.{checkpoint}"
    ).format(
        before=sql.Literal(BEFORE_ALL),
        change=sql.Identifier(kind.history.change),
        columns=_columns(columns, "h"),
        history=sql.Identifier(SCHEMA, kind.history.of(entity)),
        checkpoints=sql.Identifier(SCHEMA, kind.checkpoints),
        checkpoint=sql.Identifier(kind.history.checkpoint),
    )
    for at, change, *row in connection.execute(query):
        yield str(row[0]), at, None if change == kind.history.deleted else _row(columns, row)


def _columns(columns: tuple[str, ...], of: str) -> sql.Composable:
    named = (sql.Identifier(of, each) if of else sql.Identifier(each) for each in columns)
    return sql.SQL(", ").join(
        sql.SQL("{}::numeric").format(name) if column in NUMBERS else sql.SQL("{}::text").format(name)
        for column, name in zip(columns, named, strict=True)
    )


def _row(columns: tuple[str, ...], values: Any) -> Row:
    return tuple(
        int(value) if column in NUMBERS and value is not None else value
        for column, value in zip(columns, values, strict=True)
    )
