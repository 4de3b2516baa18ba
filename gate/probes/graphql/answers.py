"""Checks that the endpoint answers consumers and administrators."""

import time

from gate.endpoints import Side
from gate.observations.graphql import Answers, Role
from gate.probes.graphql.ask import ask, belt_on
from gate.probes.unseen import unseen_as_value
from gate.probes.world import World

QUESTION = "query Reachable { __typename }"


@unseen_as_value
async def look(world: World, side: Side) -> Answers:
    """How long the simplest query takes for each role that can be asked."""
    belt = belt_on(world.endpoints, side)
    return Answers(
        public=await _seconds(world, side, Role.PUBLIC),
        admin=await _seconds(world, side, Role.ADMIN) if belt.admin_secret else None,
    )


@unseen_as_value
async def _seconds(world: World, side: Side, role: Role) -> float:
    """Seconds until one complete answer without errors."""
    began = time.monotonic()
    await ask(world, side, QUESTION, role=role)
    return time.monotonic() - began
