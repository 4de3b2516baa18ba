"""The secrets of a belt.

Made on its host once, kept there for the owner alone, and blotted out of what is shown.
"""

import json
import os
import secrets
from collections.abc import Iterator, Mapping

from belts.host.errors import Refused
from belts.host.layout import Layout, read_json, write_private_json

NAMES = ("superuser", "indexer", "engine", "gate", "consumer", "admin", "nonce")
BLOT = "***"
ENVIRONMENT = "BELTS_SECRETS"


class Secrets(Mapping[str, str]):
    """Named secrets that cannot be printed by accident."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(sorted(self._values))})"

    def redact(self, text: str) -> str:
        for value in sorted(self._values.values(), key=len, reverse=True):
            if value:
                text = text.replace(value, BLOT)
        return text


def known(layout: Layout) -> Secrets:
    """The belt's secrets as far as they are made."""
    return Secrets(read_json(layout.secrets) or {})


def ensure(layout: Layout) -> Secrets:
    """The belt's secrets; those that are missing are made, those that are there never change."""
    held = read_json(layout.secrets) or {}
    missing = [name for name in NAMES if not held.get(name)]
    if missing:
        held |= {name: secrets.token_urlsafe(24) for name in missing}
        write_private_json(layout.secrets, held)
    return Secrets(held)


def keep(layout: Layout, name: str, value: str) -> Secrets:
    """Keeps a secret from outside with the belt's own: the belt must come back without being told."""
    held = dict(ensure(layout)) | {name: value}
    write_private_json(layout.secrets, held)
    return Secrets(held)


def from_config(environment: Mapping[str, str] = os.environ) -> Secrets:
    """Secrets that the operator's config holds.

    They come in one environment variable and are never written.
    """
    try:
        values = json.loads(environment.get(ENVIRONMENT) or "{}")
        return Secrets({str(name): str(value) for name, value in values.items()})
    except (ValueError, AttributeError) as mistake:
        raise Refused(
            f"{ENVIRONMENT} cannot be read",
            expected="a JSON object of strings",
            seen="something else (its text is not shown: it may hold a secret)",
            now="run this through Pulumi, which sets it",
        ) from mistake
