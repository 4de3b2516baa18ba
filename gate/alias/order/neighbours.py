"""The belts that a change of the alias has to know beside the one it leads to, by name."""

from belts.runtimes.runtime import Place
from gate.alias.leases import last_served
from gate.alias.order import ledger_address
from gate.alias.store import Store
from gate.ledger import Author, LedgerError, reading
from gate.secret import Secret


def serving(place: Place, gateway: str, alias: Store, ledger: Secret | None) -> frozenset[str]:
    """Who serves by the alias, and who by the ledger; a ledger that does not answer names nobody.

    Where no alias leads anywhere, the belt that served last when a gateway ended.
    """
    named = alias.names()
    url = ledger or ledger_address.of_place(place, gateway)
    last = None if named else last_served(place, gateway)
    named |= {last} if last else set()
    if url is None:
        return named
    try:
        with reading(url.reveal(), Author(gateway=gateway, stack=gateway, who="a reader")) as book:
            booked = book.serving()
    except LedgerError:
        return named
    return named | ({booked.belt} if booked else set())
