"""Estimates the time to compare a belt's rows before it starts, from a sample of its largest table.

The sample is hashed like in a comparison, only more simply, so the estimate is a minimum.
"""

import time

from psycopg import sql

from belts.envio.release import is_internal
from gate.endpoints import Side
from gate.observations.unobserved import Unobserved
from gate.observations.work import Work
from gate.probes.database.session import connect
from gate.probes.unseen import unseen_as_value
from gate.probes.world import World

FEW = 1_000_000
"""Up to this many rows take only seconds anywhere, so no sample is taken."""
SAMPLE = 20_000

ROWS = """
    SELECT c.relname, greatest(c.reltuples, s.n_live_tup, 0)::bigint
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
    WHERE n.nspname = %s AND c.relkind = 'r' ORDER BY 2 DESC
"""


@unseen_as_value
async def look(world: World, side: Side) -> Work:
    """The work of comparing one belt's rows."""
    async with connect(world, side) as database, database.snapshot() as snapshot:
        kept = snapshot.storage.history.prefix
        tables = [
            (str(name), int(rows))
            for name, rows in await snapshot.rows(ROWS, (snapshot.schema,))
            if name.startswith(kept) or not is_internal(name)
        ]
        total = sum(rows for _, rows in tables)
        if total < FEW:
            return Work(rows=total, rate=0.0)
        query = sql.SQL(
            "SELECT count(*), sum(hashtextextended(t::text, 0)) FROM (SELECT * FROM {} LIMIT {}) t"
        ).format(snapshot.table(tables[0][0]), sql.Literal(SAMPLE))
        began = time.monotonic()
        [[read, _]] = await snapshot.rows(query)
        return Work(rows=total, rate=int(read) / max(0.001, time.monotonic() - began))


async def least_seconds(world: World) -> float:
    """The time of the slower belt, as both are read at once; 0 if unknown."""
    sides = [Side.CANDIDATE, *([Side.SERVING] if world.endpoints.serving else [])]
    found = [await look(world, side) for side in sides]
    return max((work.seconds for work in found if not isinstance(work, Unobserved)), default=0.0)
