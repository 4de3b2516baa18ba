"""Who may do what in a belt's database.

| role | may |
| --- | --- |
| `indexer` | own the database and everything the indexer makes |
| `engine` | read the indexer's schema, for a limited time; end what `consumer` runs for too long |
| `gate` | read all of it, and see who is connected; never with more than one core |
| `consumer` | read the entity tables and the views, nothing internal, over a quarter of all connections |
"""

from typing import Any

import psycopg
from psycopg import sql

from belts.envio.release import HISTORIES, STORAGES
from belts.runtimes.process.database import logins, overdue
from belts.runtimes.process.files.secrets import Secrets

SUPERUSER = "postgres"
NAMES = ("indexer", "engine", "gate", "consumer")
READERS = ("engine", "gate", "consumer")
"""Roles with one login per generation: no reader is locked out while a new password is distributed."""
SCHEMA = "public"
SHARE_OF_CONNECTIONS = 4
TEMPORARY = {"temp_file_limit": "1GB"}
"""The disk space of one session for a sort or a join; only the superuser may raise it."""
READ_ONLY = {"default_transaction_read_only": "on"}
SETTINGS: dict[str, dict[str, str]] = {
    # The indexer keeps its progress in memory and survives a crash of Postgres: it would never index again
    # the rows of a commit that the database then lost.
    "indexer": {"synchronous_commit": "on"},
    "engine": {**READ_ONLY, **TEMPORARY, "statement_timeout": "60s"},
    "gate": {**READ_ONLY, "max_parallel_workers_per_gather": "0"},
    "consumer": {
        **READ_ONLY,
        **TEMPORARY,
        "statement_timeout": "5min",
        "max_parallel_workers_per_gather": "0",
    },
}

# An entity is a table that has a history; so does one internal table, which is excluded by name.
ENTITIES = """
select c.relname
from pg_class c
where c.relnamespace = %(schema)s::regnamespace
  and c.relname <> all(%(registries)s)
  and (c.relkind in ('v', 'm')
       or c.relkind in ('r', 'p')
       and exists (select from pg_class h where h.relnamespace = c.relnamespace and h.relkind in ('r', 'p')
                   and h.relname in (select left(p || c.relname, 63) from unnest(%(histories)s::text[]) p)))
order by 1
"""


def converge(connection: psycopg.Connection[Any], held: Secrets) -> None:
    """Brings every role, its password, limits and rights to what the table above says.

    Writes nothing that is right already.
    """
    with connection.transaction():
        for name in NAMES:
            generation = held.generation(name) if name in READERS else 1
            logins.ensure(connection, name, generation, held[name], SETTINGS[name])
        _bound_consumer(connection, held.generation("consumer"))
        overdue.ensure(connection)
        _database(connection)
        _schema(connection)
        _consumer(connection)


def entities(connection: psycopg.Connection[Any]) -> tuple[str, ...]:
    """The tables and views for consumers."""
    known = {
        "schema": SCHEMA,
        "registries": [storage.registry.table for storage in STORAGES],
        "histories": [history.prefix for history in HISTORIES],
    }
    return tuple(name for (name,) in connection.execute(ENTITIES, known).fetchall())


def set_compression(connection: psycopg.Connection[Any], of_the_log: str) -> None:
    """Sets whether the indexer's write-ahead log is compressed, for its next connections."""
    logins.set_setting(connection, "indexer", "wal_compression", of_the_log)


def give(connection: psycopg.Connection[Any], name: str, generation: int, password: str) -> None:
    """Lets a role log in with the password of a newer generation.

    A reader gets one more login beside its present one. The password of any other role is replaced.
    """
    if name in READERS:
        logins.ensure(connection, name, generation, password, SETTINGS[name])
    if name == "consumer":
        _bound_consumer(connection, generation)
    logins.set_password(connection, login(name, generation), password)


def login(name: str, generation: int) -> str:
    """The login for the password of this generation."""
    if name in READERS:
        return logins.name(name, generation)
    return SUPERUSER if name == "superuser" else name


def _bound_consumer(connection: psycopg.Connection[Any], generation: int) -> None:
    """Limits the consumer to its share of the connections."""
    name = login("consumer", generation)
    shown = connection.execute("show max_connections").fetchone()
    logins.limit_connections(connection, name, int(shown[0]) // SHARE_OF_CONNECTIONS if shown else 1)


def _database(connection: psycopg.Connection[Any]) -> None:
    database = sql.Identifier(connection.info.dbname)
    owner = connection.execute(
        "select pg_get_userbyid(datdba), has_database_privilege('public', oid, 'connect')"
        " from pg_database where datname = current_database()"
    ).fetchone()
    if owner == ("indexer", False):
        return
    connection.execute(sql.SQL("alter database {} owner to indexer").format(database))
    connection.execute(sql.SQL("revoke all on database {} from public").format(database))
    connection.execute(sql.SQL("grant connect on database {} to engine, gate, consumer").format(database))
    connection.execute("grant pg_read_all_stats to gate")
    connection.execute("grant usage on schema belts to gate")
    connection.execute("grant select on all tables in schema belts to gate")
    connection.execute("alter default privileges in schema belts grant select on tables to gate")
    # Not bound to a schema: the indexer drops and recreates its schema when it seeds.
    connection.execute("alter default privileges for role indexer grant select on tables to engine, gate")


def _schema(connection: psycopg.Connection[Any]) -> None:
    """The indexer opens a schema it makes to everyone; this closes it to all but the reading roles."""
    schema = sql.Identifier(SCHEMA)
    seen = connection.execute(
        """select pg_get_userbyid(n.nspowner),
                  array(select distinct pg_get_userbyid(a.grantee) || ':' || a.privilege_type
                        from aclexplode(n.nspacl) a where a.grantee <> n.nspowner order by 1)
           from pg_namespace n where n.nspname = %s""",
        [SCHEMA],
    ).fetchone()
    if seen == ("indexer", ["consumer:USAGE", "engine:USAGE", "gate:USAGE"]):
        return
    if seen is None:
        connection.execute(sql.SQL("create schema {}").format(schema))
    connection.execute(sql.SQL("alter schema {} owner to indexer").format(schema))
    connection.execute(sql.SQL("revoke all on schema {} from public, engine, gate, consumer").format(schema))
    connection.execute(sql.SQL("grant usage on schema {} to engine, gate, consumer").format(schema))
    connection.execute(sql.SQL("grant select on all tables in schema {} to engine, gate").format(schema))


def _consumer(connection: psycopg.Connection[Any]) -> None:
    """Grants the tables one by one: default privileges cannot leave the internal tables out."""
    wanted = set(entities(connection))
    readable = {
        name
        for (name,) in connection.execute(
            "select distinct table_name from information_schema.role_table_grants"
            " where grantee = 'consumer' and table_schema = %s",
            [SCHEMA],
        ).fetchall()
    }
    for name in sorted(wanted - readable):
        connection.execute(sql.SQL("grant select on {} to consumer").format(sql.Identifier(SCHEMA, name)))
    for name in sorted(readable - wanted):
        connection.execute(sql.SQL("revoke all on {} from consumer").format(sql.Identifier(SCHEMA, name)))
