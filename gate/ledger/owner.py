"""What only a ledger's owner can do: create the tables, and grant the rights to call functions."""

from typing import Any

from psycopg import Connection, sql

from gate.ledger.migrations import Migration, migrate, migrations
from gate.ledger.session import connected, words

# A role may read every table and call the checking functions; all other rights are corrected.
_WRONG = """
select exists (
    select from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') and (
        not has_table_privilege(%(role)s, oid, 'select')
        or has_table_privilege(%(role)s, oid, 'insert, update, delete, truncate, trigger, references')))
or exists (
    select from pg_proc where pronamespace = 'public'::regnamespace
        and has_function_privilege(%(role)s, oid, 'execute') <> prosecdef)
or has_schema_privilege(%(role)s, 'public', 'create')
or not has_schema_privilege(%(role)s, 'public', 'usage')
"""

_GRANTS = (
    "revoke all on schema public from public, {role}",
    "revoke all on all tables in schema public from public, {role}",
    "revoke all on all functions in schema public from public, {role}",
    "grant usage on schema public to {role}",
    "grant select on all tables in schema public to {role}",
)


def prepare(url: str, *, role: str, steps: tuple[Migration, ...] | None = None) -> None:
    """Migrates the ledger at its owner's URL to the newest schema, and grants `role` its functions."""
    with connected(url, name="belts ledger owner") as connection, words():
        migrate(connection, migrations() if steps is None else steps)
        if connection.info.user != role:
            _admit(connection, role)


def _admit(connection: Connection[tuple[Any, ...]], role: str) -> None:
    if connection.execute(_WRONG.encode(), {"role": role}).fetchone() == (False,):
        return
    name = sql.Identifier(role)
    with connection.transaction():
        for grant in _GRANTS:
            connection.execute(sql.SQL(grant).format(role=name))
        for (signature,) in connection.execute(
            "select oid::regprocedure::text from pg_proc"
            " where pronamespace = 'public'::regnamespace and prosecdef"
        ).fetchall():
            connection.execute(sql.SQL("grant execute on function {} to {}").format(sql.SQL(signature), name))
