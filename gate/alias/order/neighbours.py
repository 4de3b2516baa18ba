"""The belts that a change of the alias has to know beside the one it leads to, by name."""

from belts.runtimes.runtime import Place
from gate.alias.leases import last_served
from gate.alias.order import ledger_address
from gate.alias.store import Store, found
from gate.ledger import Author, LedgerError, reading
from gate.secret import Secret


def serving(place: Place, gateway: str, alias: Store, ledger: Secret | None) -> frozenset[str]:
    """Who serves by the alias, and who by the ledger; a ledger that does not answer names nobody.

    Where no alias leads anywhere, the belt that served last when a gateway ended.
    """
    live = found(alias)
    url = ledger or ledger_address.of_place(place, gateway)
    last = last_served(place, gateway) if live is None else None
    named = {live.serves.belt} if live else {last} if last else set()
    if url is None:
        return frozenset(named)
    try:
        with reading(url.reveal(), Author(gateway=gateway, stack=gateway, who="a reader")) as book:
            booked = book.serving()
    except LedgerError:
        return frozenset(named)
    return frozenset(named | ({booked.belt} if booked else set()))
