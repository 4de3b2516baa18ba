"""Where a gateway's ledger is: the operator's own, by URL, or the one that the gateway's host keeps."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from belts.host import recorded
from belts.host import secrets as host_secrets
from belts.host.layout import Layout
from belts.host.ledger import ROLE
from belts.host.postgres import DATABASE
from gate.ledger import LedgerUnreachable
from gate.secret import Secret

LEDGER_VARIABLE = "BELTS_LEDGER_URL"


def address(hosts: Path, gateway: str, environment: Mapping[str, str]) -> Secret:
    """The URL of the ledger; `LedgerUnreachable` where there is none."""
    own = environment.get(LEDGER_VARIABLE)
    found = Secret(own) if own else of_host(hosts, gateway)
    if found is None:
        raise LedgerUnreachable(
            f"{hosts / gateway} keeps no ledger: bring the gateway up, "
            f"or name its ledger in {LEDGER_VARIABLE}"
        )
    return found


def of_host(hosts: Path, gateway: str) -> Secret | None:
    """The ledger that the host keeps for a gateway; None while it has never been made."""
    layout = Layout(root=hosts, belt=gateway)
    password = host_secrets.known(layout).get(ROLE)
    ports = [request.body.ports[0] for request in recorded.of_belt(layout) if request.part == "ledger"]
    if password is None or not ports:
        return None
    return Secret(f"postgresql://{ROLE}:{quote(password, safe='')}@127.0.0.1:{ports[0]}/{DATABASE}")
