"""Compares the heights of a belt's GraphQL with those of its database while both move."""

import asyncio

from gate.endpoints import Side
from gate.observations.dial import Between
from gate.observations.doors import DoorsSeen
from gate.probes.database.progress import current
from gate.probes.database.session import connect
from gate.probes.graphql.chains import read_chains
from gate.probes.unseen import unseen_as_value
from gate.probes.world import World

LOOKS = 3
PAUSE_SECONDS = 0.5


@unseen_as_value
async def look(world: World, side: Side) -> DoorsSeen:
    """Reads the database, GraphQL, and the database again, until GraphQL is between the two readings."""
    async with connect(world, side) as database:
        for attempt in range(LOOKS):
            if attempt:
                await asyncio.sleep(PAUSE_SECONDS)
            before = await current(database)
            shown = await read_chains(world, side)
            seen = DoorsSeen(shown=shown, rows=Between(before=before, after=await current(database)))
            if not seen.beyond:
                break
        return seen
