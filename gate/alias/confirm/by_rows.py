"""Identifies the belt behind the alias by its rows, for belts that do not seal their answers."""

import asyncio
from dataclasses import replace

from gate.alias.confirm.seen import Seen, failed, passed, untold
from gate.amounts import amount
from gate.observations.unobserved import Unobserved
from gate.probes.served import drawn
from gate.probes.world import World
from gate.secret import Address

PATIENCE_SECONDS = 15.0
SHOWN = 3


async def by_rows(world: World, alias: Address, belt: str) -> Seen:
    """Judges whether rows through the alias are the candidate's and no other belt's.

    The serving side of the world is the belt that was left; without one, no other belt can be confused.
    """
    endpoints = world.endpoints
    at_alias = replace(endpoints, candidate=replace(endpoints.candidate, graphql=alias, admin_secret=None))
    try:
        async with asyncio.timeout(min(PATIENCE_SECONDS, world.remaining)):
            seen = await drawn.look(replace(world, endpoints=at_alias))
    except TimeoutError:
        return untold(f"drawn rows of {belt} did not come through the alias in time")
    if isinstance(seen, Unobserved):
        return untold(f"nobody can tell by rows whether {belt} is behind the alias: {seen.reason}")
    if seen.unlike:
        shown = ", ".join(f"{entity} {row.key}" for entity, row in seen.unlike[:SHOWN])
        rows = f"{len(seen.unlike)} of {amount(seen.rows, 'drawn row')}, such as {shown}"
        return failed(f"the alias does not answer as {belt}: {rows}, are not as its database holds them")
    if not seen.rows:
        return untold(f"{belt} holds no row that could tell whether it is behind the alias")
    if endpoints.serving is not None and not seen.apart:
        return untold(
            f"the belt before {belt} holds the same drawn rows, so they do not tell which one answers"
        )
    return passed(f"{amount(seen.rows, 'drawn row')} came through the alias as {belt} holds them")
