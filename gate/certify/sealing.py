"""The key by which a gateway recognises its own rows in the ledger; it never leaves the gateway's host."""

import secrets

from belts.runtimes.runtime import Place
from gate.secret import Secret

NAME = "seal"


def key(place: Place, gateway: str) -> Secret | None:
    """The existing key; None if this gateway has none yet."""
    held = place.kept(gateway, NAME)
    return Secret(held) if held else None


def made(place: Place, gateway: str) -> Secret | None:
    """The key, created if missing; None if the gateway does not run in this place."""
    held = place.keep(gateway, NAME, secrets.token_urlsafe(32))
    return Secret(held) if held else None
