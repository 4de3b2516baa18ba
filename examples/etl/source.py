"""A belt's database as the role `consumer` sees it: its identity, its heights, and its rows.

Everything in one look is read in one snapshot. Envio writes rows and heights in one transaction, so what is
read is exactly what the belt held at these heights.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import IsolationLevel, sql

from belts.envio.release import META, is_internal
from belts.refusal import Refusal
from examples.etl.settings import Once

SCHEMA = "public"
PAGE = 5_000
CONNECT_S = 10
NAME = "examples-etl"
SESSION = {"timezone": "UTC", "bytea_output": "hex", "extra_float_digits": "1"}
"""Settings that give a row the same text, whatever the defaults of the server or the role."""


class BeltUnusable(Refusal):
    """The database cannot be read in this way."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One entity: its name, its columns, and the columns of its key."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row: its key, all of it as JSON, and, if the entity has columns for it, its chain and block."""

    key: str
    bucket: str
    body: str
    digest: str
    chain: int | None = None
    block: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """The state of a belt at one moment."""

    identity: str
    """Differs for another database, and for a database that was seeded again."""
    heights: Mapping[int, int]
    tables: tuple[Table, ...]


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A read-only session with a name that distinguishes it from others."""
    options = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
    with psycopg.connect(
        url, application_name=NAME, options=options, connect_timeout=CONNECT_S
    ) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection


def look(connection: psycopg.Connection[Any]) -> Look:
    """The belt's identity, its height on each chain, and its entities."""
    found = connection.execute(
        "select (select system_identifier from pg_control_system())::text || '/' || d.oid || '/' ||"
        " coalesce(to_regclass(%s)::oid, 0) from pg_database d where d.datname = current_database()",
        [f"{SCHEMA}.envio_chains"],
    ).fetchone()
    if found is None or found[0].endswith("/0"):
        raise BeltUnusable(
            "this database is not a belt's",
            expected="the chain table of an indexer, envio_chains",
            seen="none",
            now="take the URL of the role `consumer` that the belt's stack exports: docs/consumers.md",
        )
    query = sql.SQL("select {}::int8, {}::int8 from {}").format(
        sql.Identifier(META.chain),
        sql.Identifier(META.field("progress_block")),
        sql.Identifier(SCHEMA, META.name),
    )
    heights = dict(connection.execute(query).fetchall())
    return Look(identity=found[0], heights=heights, tables=tuple(_tables(connection)))


def _tables(connection: psycopg.Connection[Any]) -> Iterator[Table]:
    """The tables that the role may read, without Envio's own; a partition is not an entity."""
    rows = connection.execute(
        """select c.relname,
                  array(select a.attname::text from pg_attribute a
                        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum),
                  array(select a.attname::text
                        from pg_index i, unnest(i.indkey) with ordinality k(number, place)
                        join pg_attribute a on a.attnum = k.number
                        where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid order by k.place)
           from pg_class c
           where c.relnamespace = %s::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
             and has_table_privilege(c.oid, 'select')
           order by 1""",
        [SCHEMA],
    ).fetchall()
    for name, columns, key in rows:
        if is_internal(name):
            continue
        if not key:
            raise BeltUnusable(
                f"the rows of {name} cannot be told apart",
                expected="a primary key",
                seen="none",
                now=f"find out who made {name}: Envio gives every entity a key",
            )
        yield Table(name=name, columns=tuple(columns), key=tuple(key))


def fingerprint(connection: psycopg.Connection[Any], table: Table) -> dict[str, str]:
    """A digest of the rows, by bucket: one pass over the table, and little data to transfer."""
    query = sql.SQL(
        "select bucket, md5(string_agg(digest, '' order by digest collate \"C\")) from ({}) rows group by 1"
    ).format(_rows(table, None))
    return dict(connection.execute(query).fetchall())


def of_buckets(
    connection: psycopg.Connection[Any], table: Table, once: Once | None, buckets: Collection[str]
) -> Iterator[Row]:
    """All rows of some buckets."""
    query = sql.SQL("select * from ({}) rows where bucket = any(%s)").format(_rows(table, once))
    return _read(connection, query, [sorted(buckets)])


def above(
    connection: psycopg.Connection[Any], table: Table, once: Once, chain: int, block: int | None
) -> Iterator[Row]:
    """The rows of a chain above a block; without a block, all rows of that chain."""
    where: sql.Composable = sql.SQL("e.{} = {}").format(sql.Identifier(once.chain), chain)
    if block is not None:
        where += sql.SQL(" and e.{} > {}").format(sql.Identifier(once.block), block)
    return _read(connection, _rows(table, once, where=where), [])


def page(
    connection: psycopg.Connection[Any], table: Table, once: Once | None, after: list[Any] | None
) -> list[tuple[Row, list[Any]]]:
    """The rows that follow a key, in the order of keys, each with its key's values."""
    key = sql.SQL(", ").join(sql.Identifier("e", name) for name in table.key)
    where: sql.Composable = sql.SQL("true")
    if after is not None:
        where = sql.SQL("({}) > ({})").format(key, sql.SQL(", ").join(map(sql.Literal, after)))
    names = sql.SQL(", jsonb_build_array({}) as at").format(key)
    query = sql.SQL("{} order by {} limit {}").format(_rows(table, once, where=where, also=names), key, PAGE)
    return [(_row(row[:-1]), row[-1]) for row in connection.execute(query).fetchall()]


def _rows(
    table: Table,
    once: Once | None,
    *,
    where: sql.Composable = sql.SQL("true"),  # noqa: B008 -- immutable
    also: sql.Composable = sql.SQL(""),  # noqa: B008 -- immutable
) -> sql.Composed:
    """Selects rows with the digests that both sides use; `jsonb` has an order of columns of its own."""
    key = sql.SQL("jsonb_build_array({})::text").format(
        sql.SQL(", ").join(sql.Identifier("e", name) for name in table.key)
    )
    placed = (
        sql.SQL("null::int8, null::int8")
        if once is None
        else sql.SQL("e.{}::int8, e.{}::int8").format(sql.Identifier(once.chain), sql.Identifier(once.block))
    )
    return sql.SQL(
        "select k.key, left(md5(k.key), 3) as bucket, k.body, md5(k.key || ' ' || k.body) as digest,"
        " {placed}{also} from {table} e, lateral (select {key} as key, to_jsonb(e)::text as body offset 0) k"
        " where {where}"
    ).format(placed=placed, also=also, table=sql.Identifier(SCHEMA, table.name), key=key, where=where)


def _read(connection: psycopg.Connection[Any], query: sql.Composed, values: list[Any]) -> Iterator[Row]:
    """Reads row by row, as they arrive: a table may be larger than the reader's memory."""
    with connection.cursor(name="rows") as cursor:
        cursor.itersize = PAGE
        cursor.execute(query, values)
        for row in cursor:
            yield _row(row)


def _row(row: Any) -> Row:
    key, bucket, body, digest, chain, block = row
    return Row(key=key, bucket=bucket, body=body, digest=digest, chain=chain, block=block)
