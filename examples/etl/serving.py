"""Asks the gateway which belt serves."""

import httpx

from belts.refusal import Refusal
from examples.etl.settings import Settings

PATIENCE_S = 10


class Unserved(Refusal):
    """The gateway does not name a belt to read: the copy stays as it is, and its heights show its age."""


def serving(settings: Settings) -> str:
    """The belt's name; its database must be in the settings."""
    try:
        answer = httpx.get(settings.status, timeout=PATIENCE_S, trust_env=False)
        belt = str(answer.raise_for_status().json()["belt"])
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as why:
        raise Unserved(
            "nobody says which belt serves; nothing was read",
            expected=f"a belt's name from {settings.status}",
            seen=f"{type(why).__name__}: {why}",
            now="see whether the gateway runs, `python -m belts status`; this goes on by itself",
        ) from None
    if belt not in settings.databases:
        raise Unserved(
            f"{belt} serves, and its database is not known; nothing was read",
            expected=f"{belt} among the databases of the settings",
            seen=", ".join(sorted(settings.databases)) or "none",
            now=f"`pulumi stack output databases --show-secrets --json --stack {belt}` has its URL"
            " under `consumer`; put it there, this goes on by itself",
        )
    return belt
