"""Ends what consumers of the database run for too long: a role may lift the time limit that it was given.

Only whom the engine's role is a member of is looked at: the belt's host makes it one of `consumer`.
"""

import asyncio
import contextlib
import logging
from datetime import timedelta

import asyncpg

from belts.engine.errors import EngineError
from belts.engine.postgres.credentials import Credentials

_LOG = logging.getLogger(__name__)
ROLE = "consumer"
STATEMENT = timedelta(minutes=5)
GRACE = timedelta(seconds=30)
"""A block may catch that its statement was cancelled, and go on: then its session ends."""
IDLE = timedelta(minutes=10)
"""A transaction in which nothing happens keeps Postgres from clearing away what nobody needs."""
LOOK_EVERY_S = 10.0
PATIENCE_S = 10.0

LATE = """
select pid, usename::text,
       case when state = 'active' then 'ran a statement' else 'did nothing in a transaction' end as what,
       extract(epoch from clock_timestamp() - since)::int8 as seconds,
       case when state = 'active' and clock_timestamp() - since < $2::interval + $3::interval
            then pg_cancel_backend(pid) else pg_terminate_backend(pid) end as ended
from (select *, case when state = 'active' then query_start else state_change end as since
      from pg_stat_activity
      where pid <> pg_backend_pid() and usename ~ ('^' || $1 || '(_[0-9]+)?$')
        and pg_has_role(usesysid, 'usage')) seen
where (state = 'active' and clock_timestamp() - since > $2::interval)
   or (state like 'idle in transaction%' and clock_timestamp() - since > $4::interval)
"""


async def end(credentials: Credentials, *, statement: timedelta = STATEMENT, idle: timedelta = IDLE) -> int:
    """Looks once, on a connection of its own, so that no client can keep it from looking; tells how many."""
    connection = await asyncpg.connect(
        credentials.database_url(),
        timeout=PATIENCE_S,
        command_timeout=PATIENCE_S,
        server_settings={"application_name": "belts-engine overdue", "default_transaction_read_only": "on"},
    )
    try:
        found = await connection.fetch(LATE, ROLE, statement, GRACE, idle)
    finally:
        await connection.close(timeout=PATIENCE_S)
    for each in found:
        _LOG.warning(
            "%s (pid %d) %s for %d s: ended", each["usename"], each["pid"], each["what"], each["seconds"]
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
