"""Newer credentials for a running belt, without locking anybody out meanwhile.

They are stored beside the current ones, set in the database, tried, and only then swapped in. A repeated run
after an interruption finds what was stored, and ends with the same result.
"""

from collections.abc import Collection
from typing import Any

import psycopg

from belts.demanded import SCRAM
from belts.runtimes.process.database import logins, roles
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.progress import note


def renewed(
    connection: psycopg.Connection[Any],
    layout: Layout,
    held: Secrets,
    names: Collection[str],
    generation: int,
) -> Secrets:
    """The secrets after each of these names has reached this generation."""
    due = tuple(name for name in names if held.generation(name) < generation)
    if not due:
        return held
    note(f"{layout.belt}: new credentials of {', '.join(due)}, generation {generation}")
    staged = secrets.stage(layout, due, generation)
    passwords = {name: value for name, value in staged.items() if name != "admin"}
    with connection.transaction():
        for name, password in passwords.items():
            roles.give(connection, name, generation, password)
    for name, password in passwords.items():
        _try(layout, connection, roles.login(name, generation), password)
    return secrets.swap(layout, due, generation)


def revoke(
    connection: psycopg.Connection[Any],
    layout: Layout,
    held: Secrets,
    name: str,
    *,
    previous: bool,
    patience_s: float = 0.0,
) -> None:
    """Ends all logins except the current generation and, with `previous`, the one before it."""
    known = held.generations(name)
    but = known if previous else known[-1:]
    for who in logins.revoke(connection, name, but=but, patience_s=patience_s):
        note(f"{layout.belt}: is cut off, its credentials were revoked: {who}")


def _try(layout: Layout, connection: psycopg.Connection[Any], login: str, password: str) -> None:
    """Tries a new login; one that fails is never handed out."""
    where = connection.info
    try:
        psycopg.connect(
            host=where.host,
            port=where.port,
            user=login,
            password=password,
            dbname=where.dbname,
            connect_timeout=5,
            require_auth=SCRAM,
            application_name="belts",
        ).close()
    except psycopg.OperationalError as why:
        raise Refused(
            f"{layout.belt}: the new password of {login} does not open its database; nobody was told of it",
            expected=f"{login} to log in on {where.host}:{where.port}",
            seen=" ".join(str(why).split())[:200],
            now="mend what it says, and run the same again",
        ) from None
