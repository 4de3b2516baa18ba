"""Whether a gateway's parts may be removed: not while they serve consumers.

A gateway ends by its decommission, which removes its alias and ends its leases. Removing its door or its
ledger before that (because the state lost the alias, or by a command by hand) would cut off all consumers, or
lose the record of how its belt came to serve.
"""

import os

from belts.runtimes.lease import OPEN, Unreadable
from belts.runtimes.process import lease_files
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout, homes
from belts.spec.gateway import alias_of

PARTS = frozenset({"caddy", "status-endpoint", "ledger"})
NOW = (
    "`pulumi config set decommission true --stack {gateway}`, `pulumi up --stack {gateway}`, then "
    "`pulumi destroy --run-program --stack {gateway}`"
)


def check(layout: Layout) -> None:
    """Refuses while an alias leads to a belt, or a belt of this host is leased as serving this gateway."""
    seen = [*_alias(layout), *_leases(layout)]
    if seen:
        raise Refused(
            f"{layout.belt} stays: consumers are served through it",
            expected="a gateway that has ended, before its Caddy, its status endpoint or its ledger goes",
            seen="; ".join(seen),
            now=NOW.format(gateway=layout.belt),
        )


def _alias(layout: Layout) -> list[str]:
    """Reports the alias; a dangling link counts, since it was meant to lead to a belt."""
    directory = alias_of(layout.home)
    return [f"its alias in {directory}"] if os.path.lexists(directory / "current") else []


def _leases(layout: Layout) -> list[str]:
    found = []
    for home in homes(layout.root):
        held = lease_files.of_gateway(home, gateway=layout.belt)
        if isinstance(held, Unreadable) or (held is not None and held.holding in OPEN):
            found.append(f"{home.name} is held as serving for it")
    return found
