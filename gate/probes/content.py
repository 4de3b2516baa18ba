"""Compares the rows of both belts, once for all probes that use the result."""

from gate.endpoints import Side
from gate.observations.rows import Rows
from gate.observations.unobserved import Unobserved
from gate.probes.database.doors import Doors
from gate.probes.database.facts import Clock
from gate.probes.database.rows import compare_belts
from gate.probes.database.session import connect, host_of
from gate.probes.rpc import blocks
from gate.probes.truth.lost import with_lost
from gate.probes.truth.testimony import with_testimony
from gate.probes.unseen import unseen_as_value
from gate.probes.world import World

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
"""Host names of this machine; so is every path, which names a socket."""


async def content(world: World) -> Rows | Unobserved:
    """The compared rows of both belts, with the chains' testimony where they differ."""
    compared = await rows(world)
    return compared if isinstance(compared, Unobserved) else await with_testimony(world, compared)


async def rows(world: World) -> Rows | Unobserved:
    """The compared rows of both belts."""
    return await world.once(_compared)


@unseen_as_value
async def _compared(world: World) -> Rows:
    doors = Doors(
        serving=lambda: connect(world, Side.SERVING),
        candidate=lambda: connect(world, Side.CANDIDATE),
        one_host=_one_host(world),
    )
    clock = Clock(
        final=lambda chain: blocks.called_final(world, chain),
        second=lambda chain, block: blocks.second(world, chain, block),
    )
    rows = await compare_belts(doors, world.policy, clock, at=world.began, remaining=lambda: world.remaining)
    return await with_lost(world, rows)


def _one_host(world: World) -> bool:
    """True if both databases are on one machine, judging by their host names."""
    urls = [belt.database for side in Side if (belt := world.endpoints.belt(side)) and belt.database]
    hosts = {host_of(url).rpartition(":")[0] for url in urls}
    here = {"localhost" if host in LOCAL or host.startswith("/") else host for host in hosts}
    return len(here) <= 1
