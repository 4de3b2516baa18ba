"""The scene of the gate's live tests, one for the run."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from gate.evidence import Store
from gate.seal import VARIABLE, seal_of
from tests.conftest import Ports
from tests.live.gate.relay import Question, Reply, Twist, relay
from tests.live.gate.scene import HELD, KEY, Held, Scene, Twin
from tests.live.hosts import wait_until
from tests.live.world import BLUE, World
from tests.live.world import belt as make


@pytest.fixture(scope="session")
def scene(world: World, ports: Ports, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Green beside a serving blue; nobody changes anything in either."""
    with ExitStack() as stack:
        doors = {chain: stack.enter_context(relay(ports.one(), url)) for chain, url in world.rpc.items()}
        alias = stack.enter_context(relay(ports.one(), world.blue.graphql, named("blue")))
        seal = seal_of({VARIABLE: KEY})
        kept = Store(directory=tmp_path_factory.mktemp("evidence"), seal=seal)
        yield Scene(world=world, doors=doors, alias=alias, kept=kept)


@pytest.fixture(scope="session")
def twin(world: World, ports: Ports) -> Iterator[Twin]:
    """A belt like blue, to spoil: whoever changes it puts it back. One of its chains can be held up."""
    held = Held()
    with relay(ports.one(), world.rpc[HELD], held.twist) as door:
        rpc = {**world.rpc, HELD: door}
        belt = make(world.hosts, ports, rpc, name="twin", config="config.blue.yaml", ids=BLUE)
        wait_until(belt.caught_up, "the twin catches up", deadline_s=120)
        yield Twin(belt=belt, held=held)


def named(belt: str) -> Twist:
    """Puts the belt's name on each answer, as the gateway does."""

    def twist(_: Question, upstream: Callable[[], Reply]) -> Reply:
        reply = upstream()
        return replace(reply, headers={**reply.headers, "x-belt": belt})

    return twist
