"""What a belt's database was seeded with: recorded in it before and after, never guessed from data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from belts.envio.release import CHAINS, release_of

if TYPE_CHECKING:
    import psycopg

    from belts.envio.change.change import Change

STARTED, PROVED = "started", "proved"
SCHEMA = "public"
CHANGES = """
create table if not exists belts.changes (
    number int8 not null generated always as identity, at timestamptz not null default now(),
    class text not null, word text not null, before text not null, after text not null,
    heights jsonb not null, reasons text[] not null)
"""
"""The changes in place, for the gate to read: rows of the old project reach up to `heights`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seeding:
    """A seeding: `proved` by the seed gate, or `started` and cut short, and then worthless.

    `digest` and `kept` describe the belt's present project. Gateways know the belt by the digests `project`
    and `schema`, which stay while a gateway needs it, whatever is changed in place.
    """

    state: str
    digest: str
    chains: tuple[int, ...]
    chain_table_oid: int | None
    version: str
    number: int
    kept: Mapping[str, Any]
    project: str
    schema: str

    @property
    def proved(self) -> bool:
        return self.state == PROVED


def of_database(connection: psycopg.Connection[Any]) -> Seeding | None:
    if connection.execute("select to_regclass('belts.seeding')").fetchone() == (None,):
        return None
    row = connection.execute(
        "select state, digest, chains, chain_table_oid::int8, version, number, kept, project, schema"
        " from belts.seeding"
    ).fetchone()
    if row is None:
        return None
    return Seeding(
        state=row[0],
        digest=row[1],
        chains=tuple(row[2]),
        chain_table_oid=row[3],
        version=row[4],
        number=row[5],
        kept=json.loads(row[6]),
        project=row[7],
        schema=row[8],
    )


def write(connection: psycopg.Connection[Any], seeding: Seeding) -> None:
    """Writes one row with a nonce of its own, so that a reseed shows even if object identifiers repeat.

    Deletes the record of changes in place, which described rows that are gone.
    """
    with connection.transaction():
        connection.execute(
            "create table if not exists belts.seeding (state text not null, digest text not null,"
            " chains int8[] not null, chain_table_oid oid, version text not null, number int8 not null,"
            " kept text not null, project text not null, schema text not null,"
            " nonce uuid not null default gen_random_uuid(), at timestamptz not null default now())"
        )
        connection.execute("delete from belts.seeding")
        connection.execute(
            "insert into belts.seeding"
            " (state, digest, chains, chain_table_oid, version, number, kept, project, schema)"
            " values (%s, %s, %s, %s::int8::oid, %s, %s, %s, %s, %s)",
            [
                *(seeding.state, seeding.digest, list(seeding.chains), seeding.chain_table_oid),
                *(seeding.version, seeding.number, json.dumps(seeding.kept), seeding.project),
                seeding.schema,
            ],
        )
        connection.execute(CHANGES)
        connection.execute("delete from belts.changes")


def change(
    connection: psycopg.Connection[Any], seeding: Seeding, change: Change, heights: Mapping[int, int]
) -> None:
    """Records the belt's new project, and that it was changed in place at these heights."""
    with connection.transaction():
        connection.execute(
            "update belts.seeding set digest = %s, kept = %s, project = %s, schema = %s",
            [seeding.digest, json.dumps(seeding.kept), seeding.project, seeding.schema],
        )
        connection.execute(
            "insert into belts.changes (class, word, before, after, heights, reasons)"
            " values (%s, %s, %s, %s, %s, %s)",
            [
                *(change.kind.words, change.word, change.old, change.new, json.dumps(dict(heights))),
                [f"{reason.rule.name}: {reason.what}" for reason in change.reasons],
            ],
        )


def words(connection: psycopg.Connection[Any]) -> tuple[str, ...]:
    """The words of all changes that were carried out."""
    return tuple(word for (word,) in connection.execute("select word from belts.changes order by number"))


def heights(connection: psycopg.Connection[Any]) -> dict[int, int]:
    """The last block of each chain that the belt has processed."""
    query = f'select id::int8, progress_block::int8 from "{SCHEMA}"."{CHAINS}"'  # noqa: S608
    return dict(connection.execute(query).fetchall())


def registered(connection: psycopg.Connection[Any], version: str) -> dict[int, frozenset[str]]:
    """The addresses of contracts found while indexing, by chain, in lower case."""
    release = release_of(version)
    if release is None or not _is_there(connection, release.storage.registry.table):
        return {}
    from psycopg import sql  # noqa: PLC0415 -- a caller with a connection has loaded it already

    registry = release.storage.registry
    query = sql.SQL("select {chain}::int8, array_agg(lower({address})) from {table} group by 1").format(
        chain=sql.Identifier(registry.chain),
        address=sql.SQL(registry.address),
        table=sql.Identifier(SCHEMA, registry.table),
    )
    return {chain: frozenset(found) for chain, found in connection.execute(query).fetchall()}


def _is_there(connection: psycopg.Connection[Any], table: str) -> bool:
    row = connection.execute("select to_regclass(%s) is not null", [f"{SCHEMA}.{table}"]).fetchone()
    return row == (True,)


def holds(connection: psycopg.Connection[Any], entities: Sequence[str]) -> str:
    """In words, how much data there is, and how long ago its seeding began."""
    tables = connection.execute(
        "select relname from pg_class where relnamespace = to_regnamespace(%s) and relkind in ('r', 'p')"
        " and relname = any(%s)",
        [SCHEMA, list(entities)],
    ).fetchall()
    rows = sum(_count(connection, name) for (name,) in tables)
    began = connection.execute("select extract(epoch from now() - at)::float8 from belts.seeding").fetchone()
    chains = len(chains_in(connection) or ())
    hours = began[0] / 3600 if began else 0.0
    return f"{chains} chains, {rows:,} rows, {hours:.1f} hours of sync"


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    row = connection.execute(f'select count(*) from "{SCHEMA}"."{table}"').fetchone()  # noqa: S608 -- a table's own name
    return int(row[0]) if row else 0


def sessions(connection: psycopg.Connection[Any]) -> int:
    """How many sessions of the indexer are left: a committing one may outlive its client."""
    row = connection.execute(
        "select count(*) from pg_stat_activity where usename = 'indexer' and datname = current_database()"
    ).fetchone()
    return int(row[0]) if row else 0


def chains_in(connection: psycopg.Connection[Any]) -> frozenset[int] | None:
    """The chains that have a row in the chain table; None while there is no such table."""
    if chain_table_oid(connection) is None:
        return None
    rows = connection.execute(f'select id from "{SCHEMA}"."{CHAINS}"').fetchall()  # noqa: S608
    return frozenset(row[0] for row in rows)


def chain_table_oid(connection: psycopg.Connection[Any]) -> int | None:
    row = connection.execute("select to_regclass(%s)::oid::int8", [f"{SCHEMA}.{CHAINS}"]).fetchone()
    return row[0] if row else None


def is_empty(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute(
        "select count(*) from pg_class where relnamespace = to_regnamespace(%s)", [SCHEMA]
    ).fetchone()
    return row == (0,)


def clear(connection: psycopg.Connection[Any]) -> None:
    """Makes a clean schema for the next seed. The caller has checked that no proved seeding is lost."""
    with connection.transaction():
        connection.execute(f"drop schema if exists {SCHEMA} cascade")
        connection.execute(f"create schema {SCHEMA} authorization indexer")
