"""Asks the serving belt, the candidate, the alias, and the serving belt again, until its answers agree."""

from gate.endpoints import Side
from gate.observations.progress import Progress
from gate.observations.turns import Turns
from gate.observations.unobserved import Cause
from gate.probes.graphql.chains import look_at_alias, read_chains
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World

ROUNDS = 4


@unseen_as_value
async def look(world: World) -> Turns:
    """One round in which the serving belt answers the same before and after."""
    if world.endpoints.serving is None:
        candidate = await read_chains(world, Side.CANDIDATE)
        return Turns(serving=None, candidate=candidate, alias=await look_at_alias(world))
    before = await read_chains(world, Side.SERVING)
    for _ in range(ROUNDS):
        candidate = await read_chains(world, Side.CANDIDATE)
        alias = await look_at_alias(world)
        after = await read_chains(world, Side.SERVING)
        if _stands(before, after):
            return Turns(serving=after, candidate=candidate, alias=alias)
        before = after
    raise UnseenError(
        "the serving belt changed what it says of its chains in every look: it is started again and again",
        Cause.UNDECIDABLE,
    )


def _stands(before: Progress, after: Progress) -> bool:
    return (before.ids, before.mark) == (after.ids, after.mark)
