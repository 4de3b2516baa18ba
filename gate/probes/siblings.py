"""Observes the belts beside the candidate, as its place reports them; URLs alone show none."""

import asyncio

from belts.refusal import Refusal
from gate.observations.siblings import Siblings
from gate.observations.unobserved import Cause
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World


@unseen_as_value
async def look(world: World) -> Siblings:
    """What the place counts, including measured disks."""
    hosted = world.endpoints.hosted
    if hosted is None:
        raise UnseenError(
            "only URLs are given, so nobody says which belts are alive beside it, and what they cost",
            Cause.NOT_GIVEN,
        )
    try:
        census = await asyncio.to_thread(hosted.census)
    except (Refusal, OSError, ValueError) as error:
        raise UnseenError(f"the place of the belts cannot be looked at: {error}", Cause.DENIED) from error
    return Siblings(census=census, candidate=hosted.candidate, serving=hosted.serving)
