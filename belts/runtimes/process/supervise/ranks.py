"""The order in which processes are killed when memory is short: candidates' indexers first, Caddy last.

The kernel weighs a process by its memory and its rank from -1000 to 1000. Only root may set a rank below
zero: an ordinary user's gateway and serving belt stay at zero, and all others rank above them.
"""

from collections.abc import Iterable
from contextlib import suppress

from belts.files import write_private_json
from belts.runtimes.lease import OPEN, Lease
from belts.runtimes.process import lease_files
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import launch, leftovers, supervisord

GATEWAY, SERVING, SOAKING, OTHER = -900, -500, -250, 300
GATEWAYS = ("caddy", "ledger", "status-endpoint", "webhook-sender")
SOONER = {"indexer": 200}
"""A restarted indexer resumes where it was, and readers of its belt read on meanwhile."""
FIRST = {"prover": 1000}
SUPERVISOR = "supervisord"
SPARED = -100
"""A supervisor uses next to no memory, and its death ends its whole belt."""


def spread(layout: Layout) -> None:
    """Gives every process of the belt the rank of its program, including those that start later.

    A process that has ended meanwhile, or may not be ranked, is skipped.
    """
    if not layout.supervisor.is_dir():
        return
    ranks = of(layout)
    write_private_json(layout.ranks, {"ranks": ranks})
    for process in leftovers.of_belt(layout):
        launch.rank_at(process.pid, ranks.get(process.program, ranks[""]))
    if number := supervisord.pid(layout):
        launch.rank_at(number, ranks[SUPERVISOR])


def of(layout: Layout) -> dict[str, int]:
    """The ranks by program; the empty name stands for all others."""
    base = _base(layout)
    later = {program: base + more for program, more in SOONER.items()}
    return {"": base, SUPERVISOR: base + SPARED, **later, **FIRST}


def in_order(layouts: Iterable[Layout]) -> tuple[Layout, ...]:
    """The order of restart: gateways with their ledger, serving belts, soaking ones, then the others."""
    return tuple(sorted(layouts, key=lambda layout: (_base(layout), layout.belt)))


def _base(layout: Layout) -> int:
    """The rank by the belt's leases; an unreadable lease counts as serving."""
    with suppress(OSError):  # a directory that cannot be read holds no gateway that could run
        if any(layout.request(part).exists() for part in GATEWAYS):
            return GATEWAY
    held = lease_files.of_living(layout.home)
    if any(not isinstance(lease, Lease) or lease.holding in OPEN for lease in held):
        return SERVING
    return SOAKING if held else OTHER
