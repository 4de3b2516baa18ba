"""Whole updates: `pulumi up` on a project with chains, two real belts and a gateway, under load."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.swap.counting import Counted, Followed, Move, count, follow
from bench.swap.load import Consumers, running
from demo import gate
from demo.ports import SIZE
from tests.conftest import Ports
from tests.live.hosts import Hosts
from tests.live.stacks.world import World

GATEWAY_PORT = 20_530
"""The gateway's port in the templates."""
MARKS = {"7777777": "green", "chainId": "blue"}
"""Green has one more chain, so that the rows themselves identify the belt."""
REQUESTS = Consumers(question='{"query":"{ _meta { chainId } }"}', marks=MARKS)
SUBSCRIPTIONS = Consumers(question="subscription { _meta { chainId } }", marks=MARKS)
MOVES = (("promotion", "green"), ("rollback", "blue"), ("promotion", "green"))
SETTLE_S = 3.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Updates:
    """What consumers noticed of the updates, and how long updates take without load."""

    moves: tuple[Move, ...]
    requests: tuple[Counted, ...]
    followed: Followed
    nothing: tuple[float, ...]
    rollback: tuple[float, ...]


def measure(ports: Ports, *, connections: int, subscriptions: int, pairs: int) -> Updates:
    """Three moves under load; then pairs of an update without changes and one that rolls back."""
    with _made(ports) as world:
        door = int(world.url(GATEWAY_PORT).rpartition(":")[2])
        moves, requests, followed = _under_load(world, door, connections, subscriptions)
        nothing, rollback = [], []
        for number in range(pairs):
            if number:
                _serve(world, "green")
            nothing.append(_up(world))
            rollback.append(_serve(world, "blue"))
    return Updates(
        moves=moves,
        requests=requests,
        followed=followed,
        nothing=tuple(nothing),
        rollback=tuple(rollback),
    )


def _under_load(
    world: World, door: int, connections: int, subscriptions: int
) -> tuple[tuple[Move, ...], tuple[Counted, ...], Followed]:
    moves = []
    half = connections // 2
    with ExitStack() as stack:
        wires = stack.enter_context(running("ws", port=door, number=subscriptions, consumers=SUBSCRIPTIONS))
        loads = [
            stack.enter_context(running(kind, port=door, number=half, consumers=REQUESTS))
            for kind in ("h1", "h2")
        ]
        for _, belt in MOVES:
            began = time.monotonic()
            world.set("gateway", "upstream", belt)
            world.up("gateway")
            moves.append(Move(to=belt, began=began, ended=time.monotonic()))
            time.sleep(SETTLE_S)
        end = time.monotonic()
    requests = tuple(count(load.answers, moves, first="blue") for load in loads)
    followed = follow(wires.events, moves, subscriptions=subscriptions, end=end)
    return tuple(moves), requests, followed


def _serve(world: World, belt: str) -> float:
    world.set("gateway", "upstream", belt)
    return _up(world)


def _up(world: World) -> float:
    began = time.monotonic()
    world.up("gateway")
    return time.monotonic() - began


@contextmanager
def _made(ports: Ports) -> Iterator[World]:
    """Chains, blue behind the gateway, and green beside it, which the next policy demands."""
    directory = Path(tempfile.mkdtemp(prefix="b-w-", dir="/tmp"))
    try:
        with Hosts.temporary() as hosts:
            world = World.made(directory, hosts=hosts.root, first_port=ports.block(SIZE)[0])
            for stack in ("chains", "blue", "gateway", "green"):
                world.config(stack)
                world.init(stack)
            for stack in ("chains", "blue"):
                world.up(stack)
            world.promise(gate.first)
            world.up("gateway")
            world.up("green")
            world.promise()
            yield world
    finally:
        shutil.rmtree(directory)
