"""How many rows both belts have: from their databases where both are given, else through GraphQL."""

from gate.claims import Access
from gate.endpoints import Side
from gate.observations.counts import Counts, EntityCounts
from gate.observations.rows import EntityRows, Rows
from gate.observations.unobserved import Unobserved
from gate.probes.database import look as database
from gate.probes.graphql import counting
from gate.probes.world import World


async def look(world: World) -> Counts | Unobserved:
    """The counts of every entity of the serving belt."""
    belts = [world.endpoints.belt(side) for side in Side]
    if any(belt is not None and belt.database is None for belt in belts):
        return await counting.look(world)
    rows = await database.rows(world)
    return rows if isinstance(rows, Unobserved) else of_rows(rows)


def of_rows(rows: Rows) -> Counts:
    """The counts that a comparison of rows has made."""
    return Counts(
        door=Access.DATABASE,
        entities=tuple(
            _counts(entity) if isinstance(entity, EntityRows) else entity for entity in rows.entities
        ),
        young=rows.young,
    )


def _counts(entity: EntityRows) -> EntityCounts:
    return EntityCounts(
        entity=entity.entity,
        basis=entity.basis,
        reason=entity.reason,
        groups=entity.groups,
        traced=entity.totals.traced,
    )
