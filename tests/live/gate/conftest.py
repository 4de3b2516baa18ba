"""The scene of the gate's live tests, one for the run."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from tests.conftest import Ports
from tests.live.gate.relay import Question, Reply, Twist, relay
from tests.live.gate.scene import Scene
from tests.live.world import World


@pytest.fixture(scope="session")
def scene(world: World, ports: Ports) -> Iterator[Scene]:
    """Green beside a serving blue; nobody changes anything in either."""
    with ExitStack() as stack:
        doors = {chain: stack.enter_context(relay(ports.one(), url)) for chain, url in world.rpc.items()}
        alias = stack.enter_context(relay(ports.one(), world.blue.graphql, named("blue")))
        yield Scene(world=world, doors=doors, alias=alias)


def named(belt: str) -> Twist:
    """Puts the belt's name on each answer, as the gateway does."""

    def twist(_: Question, upstream: Callable[[], Reply]) -> Reply:
        reply = upstream()
        return replace(reply, headers={**reply.headers, "x-belt": belt})

    return twist
