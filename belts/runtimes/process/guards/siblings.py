"""The belts below one root, as what they cost is reckoned: what they declare, take, and are needed for."""

from collections.abc import Iterable
from pathlib import Path

from belts.runtimes.cost import Alive, Census
from belts.runtimes.lease import OPEN, Lease
from belts.runtimes.process import lease_files
from belts.runtimes.process.files import disk, moments
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards.retirement import PARTS
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Request
from belts.spec.budget import BUDGET, Budget
from belts.spec.edge import Edge
from belts.spec.postgres import Postgres


def census(root: Path, *, without: str | None = None) -> Census:
    """Every belt that was asked for here, but one that is reckoned already; gateways and chains are none."""
    alive, unread = [], []
    for layout in recorded.belts(root):
        if layout.belt == without:
            continue
        asked = recorded.look(layout)
        if any(one.part in PARTS for one in asked.unread):
            unread.append(layout.belt)
        elif any(request.part in PARTS for request in asked.requests):
            alive.append(of(layout, asked.requests))
    return Census(alive=tuple(alive), unread=tuple(unread))


def is_there(layout: Layout) -> bool:
    """Whether it was asked for here already, be it that what was asked cannot be read."""
    asked = recorded.look(layout)
    parts = {*(each.part for each in asked.requests), *(each.part for each in asked.unread)}
    return not parts.isdisjoint(PARTS)


def of(layout: Layout, requests: Iterable[Request]) -> Alive:
    """One belt, by what is asked of it."""
    requests = tuple(requests)
    return Alive(
        name=layout.belt,
        budget=budget(requests),
        memory_mb=sum(request.body.memory_mb for request in requests),
        disk_bytes=disk.taken(layout.of_part("postgres")),
        born=moments.born(layout),
        serves=serves(layout),
        held=lease_files.holding(layout.home),
    )


def budget(requests: Iterable[Request]) -> Budget:
    """The belt's own, which its Postgres carries, or its edge; of a belt that lost that, the default."""
    return next((each.body.budget for each in requests if isinstance(each.body, Postgres | Edge)), BUDGET)


def serves(layout: Layout) -> bool:
    """Whether a gateway leads to it; one whose lease says nothing does, as far as anybody can tell."""
    return any(
        not isinstance(lease, Lease) or lease.holding in OPEN for lease in lease_files.of_belt(layout.home)
    )
