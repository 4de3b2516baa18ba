"""The logins of a role, one per generation of its password: the old one works while the new one spreads."""

import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import sql

LOOK_EVERY_S = 0.05

SESSIONS = """
select coalesce(host(client_addr), 'local'), application_name, count(*)
from pg_stat_activity where usename = %s group by 1, 2 order by 1, 2
"""
LOGINS = """
select login, number from (
    select rolname as login, case when rolname = %(role)s then 1
           else substring(rolname from length(%(role)s::text) + 2)::int8 end as number
    from pg_roles
    where rolname = %(role)s and rolcanlogin
       or rolname ~ ('^' || %(role)s::text || '_[0-9]{1,9}$') and pg_has_role(oid, %(role)s, 'member')
) found order by number
"""


def name(role: str, generation: int) -> str:
    """The login for the password of this generation."""
    return role if generation == 1 else f"{role}_{generation}"


def ensure(
    connection: psycopg.Connection[Any],
    role: str,
    generation: int,
    password: str,
    settings: Mapping[str, str],
) -> None:
    """Ensures the role and its login of this generation; writes nothing that is right already."""
    login = name(role, generation)
    if login != role and _settings(connection, role) is None:
        connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
    ensure_role(connection, login, password, settings)
    if login != role and not _inherits(connection, login, role):
        connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(login)))


def limit_connections(connection: psycopg.Connection[Any], name: str, most: int) -> None:
    """Limits connections for the role's next sessions; writes nothing if that is right already."""
    found = connection.execute("select rolconnlimit from pg_roles where rolname = %s", [name]).fetchone()
    if found != (most,):
        connection.execute(
            sql.SQL("alter role {} connection limit {}").format(sql.Identifier(name), sql.Literal(most))
        )


def ensure_role(
    connection: psycopg.Connection[Any], name: str, password: str, settings: Mapping[str, str]
) -> None:
    """Ensures a role that logs in, with these settings; an existing one keeps its password."""
    have = _settings(connection, name)
    if have is None:
        connection.execute(
            sql.SQL("create role {} login password {}").format(
                sql.Identifier(name), _verifier(connection, name, password)
            )
        )
    for key, value in settings.items():
        if (have or {}).get(key) != value:
            set_setting(connection, name, key, value)


def set_password(connection: psycopg.Connection[Any], name: str, password: str) -> None:
    """Changes the password; open sessions stay open."""
    connection.execute(
        sql.SQL("alter role {} password {}").format(
            sql.Identifier(name), _verifier(connection, name, password)
        )
    )


def set_setting(connection: psycopg.Connection[Any], name: str, key: str, value: str) -> None:
    """Changes a setting for the role's next sessions; writes nothing if it is right already."""
    if (_settings(connection, name) or {}).get(key) != value:
        connection.execute(
            sql.SQL("alter role {} set {} = {}").format(
                sql.Identifier(name), sql.Identifier(key), sql.Literal(value)
            )
        )


def revoke(
    connection: psycopg.Connection[Any], role: str, *, but: Collection[int], patience_s: float = 0.0
) -> tuple[str, ...]:
    """Ends every older login of the role except these generations; returns whose sessions it ended.

    New logins fail at once; open sessions are waited for before they are ended.
    """
    cut_off: list[str] = []
    for login, number in connection.execute(LOGINS, {"role": role}).fetchall():
        if number in but or number > max(but):
            continue
        connection.execute(sql.SQL("alter role {} nologin password null").format(sql.Identifier(login)))
        cut_off += _end_sessions(connection, login, patience_s)
        if login != role:
            # If somebody granted it something by hand in another database, the role cannot be dropped; it
            # stays locked.
            with suppress(psycopg.errors.DependentObjectsStillExist):
                connection.execute(sql.SQL("drop owned by {}").format(sql.Identifier(login)))
                connection.execute(sql.SQL("drop role {}").format(sql.Identifier(login)))
    return tuple(cut_off)


def _end_sessions(connection: psycopg.Connection[Any], login: str, patience_s: float) -> list[str]:
    end = time.monotonic() + patience_s
    while (found := connection.execute(SESSIONS, [login]).fetchall()) and time.monotonic() < end:
        time.sleep(LOOK_EVERY_S)
    connection.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = %s", [login]
    )
    return [f"{address} {called or 'unnamed'}: {count} as {login}" for address, called, count in found]


def _inherits(connection: psycopg.Connection[Any], login: str, role: str) -> bool:
    found = connection.execute("select pg_has_role(%s::name, %s::name, 'usage')", [login, role]).fetchone()
    return found == (True,)


def _settings(connection: psycopg.Connection[Any], name: str) -> dict[str, str] | None:
    found = connection.execute("select rolconfig from pg_roles where rolname = %s", [name]).fetchone()
    return dict(setting.split("=", 1) for setting in found[0] or ()) if found else None


def _verifier(connection: psycopg.Connection[Any], name: str, password: str) -> sql.Literal:
    """The only form of a password that the server sees, so that no log can hold the password."""
    made = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    return sql.Literal(made.decode())
