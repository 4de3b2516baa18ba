"""Reads which database a belt's URL leads to, and whether both URLs lead to the same one."""

import secrets

from gate.endpoints import Side
from gate.observations.database import DatabaseIdentity, LockSeen
from gate.observations.unobserved import Cause
from gate.probes.database.session import Snapshot, connect
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World


@unseen_as_value
async def serving(world: World) -> DatabaseIdentity:
    """The identity of the serving belt's database."""
    return await _identity(world, Side.SERVING)


@unseen_as_value
async def candidate(world: World) -> DatabaseIdentity:
    """The identity of the candidate's database."""
    return await _identity(world, Side.CANDIDATE)


@unseen_as_value
async def lock(world: World) -> LockSeen:
    """Takes a random lock on the serving belt and tries it on the candidate.

    An advisory lock is one per database, whatever host names, poolers or tunnels lead there.
    """
    key = secrets.randbits(63)
    async with (
        connect(world, Side.SERVING) as one,
        connect(world, Side.CANDIDATE) as other,
        one.snapshot() as held,
        other.snapshot() as tried,
    ):
        if not await _take(held, key):
            raise UnseenError(f"{one.name} does not grant an advisory lock that is new", Cause.BAD_ANSWER)
        return LockSeen(taken_on_both=await _take(tried, key))


async def _take(snapshot: Snapshot, key: int) -> bool:
    [[taken]] = await snapshot.rows("SELECT pg_try_advisory_xact_lock(%s)", (key,))
    return bool(taken)


async def _identity(world: World, side: Side) -> DatabaseIdentity:
    async with connect(world, side) as database, database.snapshot() as snapshot:
        return await within(snapshot)


async def within(snapshot: Snapshot) -> DatabaseIdentity:
    """The identity of the database that a snapshot was taken in."""
    [row] = await snapshot.rows(
        "SELECT (SELECT system_identifier FROM pg_control_system()), d.oid, d.datname, c.oid,"
        " current_setting('server_version_num')"
        " FROM pg_database d, pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE d.datname = current_database() AND n.nspname = %s AND c.relname = %s",
        (snapshot.schema, snapshot.storage.chains),
    )
    return DatabaseIdentity(
        system_identifier=int(row[0]),
        database_oid=int(row[1]),
        database=str(row[2]),
        schema=snapshot.schema,
        chain_table_oid=int(row[3]),
        version=int(row[4]),
    )
