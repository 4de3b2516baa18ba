"""Counts the rows of both belts, from their databases if both are given, else through GraphQL.

What the databases cannot count is counted through GraphQL, so that giving more access never proves less.
"""

from dataclasses import replace

from gate.claims import Access
from gate.endpoints import Side
from gate.observations.counts import Counts, EntityCounts
from gate.observations.rows import EntityRows, EntityUnread, Rows
from gate.observations.unobserved import Unobserved
from gate.probes import content
from gate.probes.graphql import counting
from gate.probes.world import World


async def look(world: World) -> Counts | Unobserved:
    """The counts of every entity of the serving belt."""
    belts = [world.endpoints.belt(side) for side in Side]
    if any(belt is not None and belt.database is None for belt in belts):
        return await counting.look(world)
    rows = await content.rows(world)
    if isinstance(rows, Unobserved):
        counted = await counting.look(world)
        return rows if isinstance(counted, Unobserved) else counted
    return await _with_the_rest(world, of_rows(rows))


async def _with_the_rest(world: World, counts: Counts) -> Counts:
    """Adds GraphQL counts for entities whose rows could not be read at one height."""
    unread = {one.entity: one for one in counts.entities if isinstance(one, EntityUnread) and not one.found}
    if not unread:
        return counts
    rest = await counting.look(world, only=unread.keys())
    if isinstance(rest, Unobserved):
        return counts
    told = {
        one.entity: replace(one, reason=f"{one.reason}; through GraphQL: {unread[one.entity].why.reason}")
        for one in rest.entities
        if isinstance(one, EntityCounts)
    }
    return replace(counts, entities=tuple(told.get(one.entity, one) for one in counts.entities))


def of_rows(rows: Rows) -> Counts:
    """The counts that result from a comparison of rows."""
    return Counts(
        door=Access.DATABASE,
        entities=tuple(
            _counts(entity) if isinstance(entity, EntityRows) else entity for entity in rows.entities
        ),
        heights=rows.heights,
        young=rows.young,
    )


def _counts(entity: EntityRows) -> EntityCounts:
    return EntityCounts(
        entity=entity.entity,
        basis=entity.basis,
        reason=entity.reason,
        groups=entity.groups,
        traced=entity.totals.traced,
        cut=entity.cut,
        uncut=entity.uncut,
    )
