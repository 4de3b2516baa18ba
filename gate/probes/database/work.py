"""Estimates what comparing a belt's rows takes, before it is begun: by a sample of its largest table.

The sample is hashed as a comparison does it, only simpler, so what it says is the least that is needed.
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
"""So many rows are read within seconds anywhere, and no sample is taken for them."""
SAMPLE = 20_000

ROWS = """
    SELECT c.relname, greatest(c.reltuples, s.n_live_tup, 0)::bigint
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
    WHERE n.nspname = %s AND c.relkind = 'r' ORDER BY 2 DESC
"""


@unseen_as_value
async def look(world: World, side: Side) -> Work:
    """The work that one belt's rows are."""
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
    """What the slower of the two belts takes, as both are read at once; nothing where nobody can say."""
    sides = [Side.CANDIDATE, *([Side.SERVING] if world.endpoints.serving else [])]
    found = [await look(world, side) for side in sides]
    return max((work.seconds for work in found if not isinstance(work, Unobserved)), default=0.0)
