"""The belts that a change of the alias has to know beside the one it leads to, by name."""

from pathlib import Path

from gate import alias
from gate.ledger import LedgerError, Occasion, opened
from gate.promotion import ledger_address
from gate.secret import Secret


def serving(hosts: Path, gateway: str, directory: Path, ledger: Secret | None) -> frozenset[str]:
    """Who serves by the alias, and who by the ledger; a ledger that does not answer names nobody."""
    live = alias.found(directory)
    url = ledger or ledger_address.of_host(hosts, gateway)
    named = {live.serves.belt} if live else set()
    if url is None:
        return frozenset(named)
    try:
        with opened(url.reveal(), Occasion(gateway=gateway, stack=gateway, who="a reader")) as book:
            booked = book.serving()
    except LedgerError:
        return frozenset(named)
    return frozenset(named | ({booked.belt} if booked else set()))
