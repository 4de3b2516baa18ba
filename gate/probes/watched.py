"""Reads what was recorded of the candidate while it was watched."""

import asyncio

from gate.journal.journal import Journal, JournalUnreadable
from gate.observations.unobserved import Cause
from gate.observations.watched import Watched
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World


@unseen_as_value
async def look(world: World) -> Watched:
    """The candidate's journal; raises if nobody watches it."""
    place = world.endpoints.candidate.journal
    if place is None:
        raise UnseenError("nobody watched the candidate: no gateway on its host knows it", Cause.NOT_GIVEN)
    try:
        stretches = await asyncio.to_thread(Journal(place.parent, place.stem).read)
    except JournalUnreadable as error:
        raise UnseenError(str(error), Cause.BAD_ANSWER) from error
    if not stretches:
        raise UnseenError("nobody has watched the candidate yet", Cause.NOT_GIVEN)
    return Watched(stretches)
