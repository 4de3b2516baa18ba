"""Observes the relay through which the candidate asks its chains, as its place reports it."""

import asyncio

from belts.provider import routes
from belts.refusal import Refusal
from belts.runtimes.relayed import Relayed
from gate.observations.relay import Relay
from gate.observations.unobserved import Cause, Unobserved
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World
from gate.secret import Address


async def look(world: World) -> Relay | Unobserved:
    """Whom the relay dials; empty if the candidate has no relay, or only its URLs are given."""
    if world.endpoints.hosted is None:
        return Relay(dialled={})
    found = await world.once(_read)
    if isinstance(found, Unobserved):
        return found
    told = {} if found is None else found.dialled
    return Relay(dialled={chain: tuple(map(Address, urls)) for chain, urls in told.items()})


async def pause(world: World, provider: str, questions: int) -> float:
    """In how many seconds to ask for a turn again if the belt has a budget with a provider; else 0."""
    allowance = world.allowance
    if allowance is None:
        if world.endpoints.hosted is None:
            return 0.0
        found = await world.once(_read)
        if found is None or isinstance(found, Unobserved):
            return 0.0
        allowance = routes.allowance(found.routes)
    if provider not in allowance.providers:
        return 0.0
    return await asyncio.to_thread(allowance.take, provider, questions)


@unseen_as_value
async def _read(world: World) -> Relayed | None:
    hosted = world.endpoints.hosted
    assert hosted is not None  # noqa: S101 -- asked above
    try:
        return await asyncio.to_thread(hosted.relayed)
    except (Refusal, OSError, ValueError) as error:
        raise UnseenError(f"its relay does not say whom it dials: {error}", Cause.DENIED) from error
