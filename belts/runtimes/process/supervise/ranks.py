"""Who goes first when the host's memory is short: a candidate's indexer long before what serves, Caddy last.

The kernel weighs a process by what it holds, and by its rank from -1000 to 1000. Below zero only root may
go: an ordinary user's gateway and serving belt stay at zero, and everybody else comes before them.
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
"""An indexer goes on where it was; readers of its belt go on reading meanwhile."""
FIRST = {"prover": 1000}
SUPERVISOR = "supervisord"
SPARED = -100
"""A supervisor holds next to nothing, and takes its whole belt with it."""


def spread(layout: Layout) -> None:
    """Gives every process of the belt the rank of its program, and those that start later as well.

    What has ended meanwhile, or may not be ranked, is left as it is: this keeps nobody from anything.
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
    """By program; the nameless one is that of all others."""
    base = _base(layout)
    later = {program: base + more for program, more in SOONER.items()}
    return {"": base, SUPERVISOR: base + SPARED, **later, **FIRST}


def in_order(layouts: Iterable[Layout]) -> tuple[Layout, ...]:
    """Who comes back first: gateways with their ledger, what serves, what soaks, and then the others."""
    return tuple(sorted(layouts, key=lambda layout: (_base(layout), layout.belt)))


def _base(layout: Layout) -> int:
    """By its leases, which say who serves; one that cannot be read is taken for one that does."""
    with suppress(OSError):  # a directory that nobody may look into holds no gateway that could run
        if any(layout.request(part).exists() for part in GATEWAYS):
            return GATEWAY
    held = lease_files.of_living(layout.home)
    if any(not isinstance(lease, Lease) or lease.holding in OPEN for lease in held):
        return SERVING
    return SOAKING if held else OTHER
