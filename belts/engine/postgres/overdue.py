"""Ends what database consumers run for too long, since a role may lift its own time limit.

The engine may do so only through one function of the database.
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
"""A block may catch the cancellation of its statement, and go on: then its session is ended."""
IDLE = timedelta(minutes=10)
"""An idle transaction keeps Postgres from removing dead rows."""
LOOK_EVERY_S = 10.0
PATIENCE_S = 10.0

END = "select pid, who, what, seconds from belts.end_overdue($1, $2, $3)"
"""A function made by the belt's host, which ends only consumers. Without it, none are ended."""


async def end(credentials: Credentials, *, statement: timedelta = STATEMENT, idle: timedelta = IDLE) -> int:
    """Checks once and returns how many it ended; on its own connection, so that clients cannot block it."""
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
    """Checks repeatedly; never returns. While the database is down, there is nothing to end."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        with contextlib.suppress(
            EngineError, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError
        ):
            await end(credentials)
