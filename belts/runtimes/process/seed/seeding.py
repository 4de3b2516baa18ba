"""What a belt's database was seeded with: written in it before and after, never guessed from data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from belts.envio.release import CHAINS

if TYPE_CHECKING:
    import psycopg

STARTED, PROVED = "started", "proved"
SCHEMA = "public"


@dataclass(frozen=True, kw_only=True, slots=True)
class Seeding:
    """`proved` is what the seed gate saw; `started` is a seed that was cut short, and is of no worth."""

    state: str
    digest: str
    chains: tuple[int, ...]
    chain_table_oid: int | None
    version: str

    @property
    def proved(self) -> bool:
        return self.state == PROVED


def of_database(connection: psycopg.Connection[Any]) -> Seeding | None:
    if connection.execute("select to_regclass('belts.seeding')").fetchone() == (None,):
        return None
    row = connection.execute(
        "select state, digest, chains, chain_table_oid::int8, version from belts.seeding"
    ).fetchone()
    if row is None:
        return None
    return Seeding(state=row[0], digest=row[1], chains=tuple(row[2]), chain_table_oid=row[3], version=row[4])


def write(connection: psycopg.Connection[Any], seeding: Seeding) -> None:
    """One row, with a nonce of its own: a reseed is seen even where object identifiers repeat."""
    with connection.transaction():
        connection.execute(
            "create table if not exists belts.seeding (state text not null, digest text not null,"
            " chains int8[] not null, chain_table_oid oid, version text not null,"
            " nonce uuid not null default gen_random_uuid(), at timestamptz not null default now())"
        )
        connection.execute("delete from belts.seeding")
        connection.execute(
            "insert into belts.seeding (state, digest, chains, chain_table_oid, version)"
            " values (%s, %s, %s, %s::int8::oid, %s)",
            [seeding.state, seeding.digest, list(seeding.chains), seeding.chain_table_oid, seeding.version],
        )


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
    """A clean schema for the next seed. Who may call this has seen that no proved seeding is lost by it."""
    with connection.transaction():
        connection.execute(f"drop schema if exists {SCHEMA} cascade")
        connection.execute(f"create schema {SCHEMA} authorization indexer")
