"""Where a gateway's ledger is: the operator's own, by URL, or the one on the gateway's host."""

from collections.abc import Mapping

from belts.runtimes.runtime import Place
from gate.ledger import LedgerUnreachable
from gate.secret import Secret

LEDGER_VARIABLE = "BELTS_LEDGER_URL"
ROLE = "ledger"
"""The role that reads and writes it, and makes no tables."""
OWNER_VARIABLE = "BELTS_LEDGER_OWNER_URL"


def address(place: Place, gateway: str, environment: Mapping[str, str]) -> Secret:
    """The URL of the ledger; raises `LedgerUnreachable` if there is none."""
    own = environment.get(LEDGER_VARIABLE)
    found = Secret(own) if own else of_place(place, gateway)
    if found is None:
        raise LedgerUnreachable(
            f"{gateway} keeps no ledger where it runs",
            now=f"bring the gateway up, or name its ledger in {LEDGER_VARIABLE}",
        )
    return found


def of_place(place: Place, gateway: str) -> Secret | None:
    """The ledger beside a gateway; None if it was never made."""
    found = place.ledger(gateway)
    return Secret(found) if found else None


def owner_of_place(place: Place, gateway: str) -> Secret | None:
    """The same ledger as its owner, the only role that makes tables."""
    found = place.ledger(gateway, owner=True)
    return Secret(found) if found else None
