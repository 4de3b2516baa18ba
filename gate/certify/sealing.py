"""The key by which a gateway knows its own rows in the ledger again: kept on its host, given to no one."""

import secrets

from belts.runtimes.runtime import Place
from gate.secret import Secret

NAME = "seal"


def key(place: Place, gateway: str) -> Secret | None:
    """The key that is there; None where this gateway has none yet."""
    held = place.kept(gateway, NAME)
    return Secret(held) if held else None


def made(place: Place, gateway: str) -> Secret | None:
    """The key, made where it is missing; None where the gateway does not run in this place."""
    held = place.keep(gateway, NAME, secrets.token_urlsafe(32))
    return Secret(held) if held else None
