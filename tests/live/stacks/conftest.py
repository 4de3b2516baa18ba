"""One world for the tests here: chains, blue behind the gateway, and green where a test asks for it."""

import shutil
from collections.abc import Iterator

import pytest

from demo import gate
from demo.ports import SIZE
from tests.conftest import Ports
from tests.live import places
from tests.live.hosts import Hosts
from tests.live.stacks.world import World


@pytest.fixture(scope="package")
def bare_world(swept: None, ports: Ports) -> Iterator[World]:
    """A project without stacks."""
    directory = places.temporary("b-w-")
    with Hosts.temporary() as hosts:
        yield World.made(directory, hosts=hosts.root, first_port=ports.block(SIZE)[0])
    shutil.rmtree(directory)


@pytest.fixture(scope="package")
def running_world(bare_world: World) -> World:
    """Chains, blue, and the gateway with its alias on blue, all up; the policy is for green."""
    for stack in ("chains", "blue", "gateway", "green"):
        bare_world.config(stack)
        bare_world.init(stack)
    for stack in ("chains", "blue"):
        bare_world.up(stack)
    bare_world.promise(gate.first)
    bare_world.up("gateway")
    bare_world.promise()
    bare_world.up("gateway")
    return bare_world


@pytest.fixture
def world(running_world: World) -> Iterator[World]:
    """The running world, with every config put back after the test."""
    configs = {path: path.read_text() for path in running_world.directory.glob("Pulumi.*.yaml")}
    yield running_world
    for path, text in configs.items():
        path.write_text(text)


@pytest.fixture
def green(world: World) -> World:
    """The running world with green up beside blue."""
    world.up("green")
    world.synced("green")
    return world
