"""Ends what consumers of the database run for too long: a role may lift the time limit that it was given.

The engine may do so by one function of the database, and by nothing else.
"""

import asyncio
import contextlib
import logging
from datetime import timedelta

import asyncpg

from belts.engine.errors import EngineError
from belts.engine.postgres.credentials import Credentials

_LOG = logging.getLogger(__name__)
STATEMENT = timedelta(minutes=5)
GRACE = timedelta(seconds=30)
"""A block may catch that its statement was cancelled, and go on: then its session ends."""
IDLE = timedelta(minutes=10)
"""A transaction in which nothing happens keeps Postgres from clearing away what nobody needs."""
LOOK_EVERY_S = 10.0
PATIENCE_S = 10.0

END = "select pid, who, what, seconds from belts.end_overdue($1, $2, $3)"
"""Made by the belt's host: it ends nobody but consumers. Without it nobody is ended."""


async def end(credentials: Credentials, *, statement: timedelta = STATEMENT, idle: timedelta = IDLE) -> int:
    """Looks once, on a connection of its own, so that no client can keep it from looking; tells how many."""
    connection = await asyncpg.connect(
        credentials.database_url(),
        timeout=PATIENCE_S,
        command_timeout=PATIENCE_S,
        server_settings={"application_name": "belts-engine overdue", "default_transaction_read_only": "on"},
    )
    try:
        found = await connection.fetch(END, statement, GRACE, idle)
    finally:
        await connection.close(timeout=PATIENCE_S)
    for each in found:
        _LOG.warning(
            "%s (pid %d) %s for %d s: ended", each["who"], each["pid"], each["what"], each["seconds"]
        )
    return len(found)


async def watch(credentials: Credentials) -> None:
    """Looks again and again; never ends. While the database is away nobody runs anything there."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        with contextlib.suppress(
            EngineError, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError
        ):
            await end(credentials)
