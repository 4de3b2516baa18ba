"""The secrets of a belt.

Made on its host, readable by their owner alone, and redacted from all output. Each belongs to a generation. A
newer one is first written beside it, as `NAME@GENERATION`, and replaces it once everything accepts it.
"""

import json
import os
import secrets
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from belts.files import read_json, write_private_json
from belts.runtimes.process.errors import Refused, readable
from belts.runtimes.process.files.layout import Layout

NAMES = ("superuser", "indexer", "engine", "gate", "consumer", "admin", "nonce")
BLOT = "***"
ENVIRONMENT = "BELTS_SECRETS"
OF_ENV = "env:"
GENERATIONS = "generations"
"""The key of the generations that are not the first: for each secret, the last two."""


class Secrets(Mapping[str, str]):
    """Named secrets that cannot be printed by accident."""

    def __init__(
        self, values: Mapping[str, str], generations: Mapping[str, tuple[int, ...]] | None = None
    ) -> None:
        self._values = dict(values)
        self._generations = dict(generations or {})

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(sorted(self._values))})"

    @property
    def variables(self) -> dict[str, str]:
        """The secrets passed to the indexer as environment variables, by variable name."""
        return {key.removeprefix(OF_ENV): self[key] for key in self if key.startswith(OF_ENV)}

    def generations(self, name: str) -> tuple[int, ...]:
        """The current generation, preceded by the one that it replaced, if any."""
        return self._generations.get(name, (1,))

    def generation(self, name: str) -> int:
        return self.generations(name)[-1]

    def staged(self, name: str) -> tuple[str, ...]:
        """Newer values that may or may not be in force already, newest first."""
        return tuple(self._values[key] for key in self.keys_of(name))

    def keys_of(self, name: str) -> tuple[str, ...]:
        """The keys of those newer values."""
        found = [key for key in self._values if key.startswith(f"{name}@")]
        return tuple(sorted(found, key=_number, reverse=True))

    def redact(self, text: str) -> str:
        for value in sorted(self._values.values(), key=len, reverse=True):
            if value:
                text = text.replace(value, BLOT)
        return text


def known(layout: Layout) -> Secrets:
    """The belt's secrets that exist so far."""
    with readable(
        f"{layout.belt}: its secrets cannot be read",
        expected=f"what this belt keeps in {layout.secrets}",
        now="restore that file from a backup; without it nobody opens the belt's database: bring up a"
        " fresh belt under another name",
    ):
        return _parsed(read_json(layout.secrets) or {})


def ensure(layout: Layout, *, generation: int = 1) -> Secrets:
    """The belt's secrets; makes the missing ones and never changes existing ones.

    If the belt has none yet, all of them start at this generation.
    """
    held = known(layout)
    missing = {name: _fresh() for name in NAMES if not held.get(name)}
    if not missing:
        return held
    first = {} if held or generation == 1 else dict.fromkeys(NAMES, (generation,))
    return _keep(layout, Secrets({**held, **missing}, first or held._generations))


def keep(layout: Layout, name: str, value: str) -> Secrets:
    """Stores a secret from outside with the belt's own, so that the belt can restart without it."""
    held = ensure(layout)
    return _keep(layout, Secrets({**held, name: value}, held._generations))


def keep_variables(layout: Layout, variables: Mapping[str, str]) -> Secrets:
    """Stores exactly these variables for the indexer."""
    held = ensure(layout)
    rest = {key: value for key, value in held.items() if not key.startswith(OF_ENV)}
    return _keep(
        layout,
        Secrets(
            {**rest, **{f"{OF_ENV}{name}": value for name, value in variables.items()}}, held._generations
        ),
    )


def stage(layout: Layout, names: Collection[str], generation: int) -> dict[str, str]:
    """New secrets, stored beside the current ones; a repeated call after an interruption returns the same."""
    held = known(layout)
    staged = {name: held.get(f"{name}@{generation}") or _fresh() for name in names}
    beside = {f"{name}@{generation}": value for name, value in staged.items()}
    _keep(layout, Secrets({**held, **beside}, held._generations))
    return staged


def swap(layout: Layout, names: Collection[str], generation: int) -> Secrets:
    """Makes the staged secrets the current ones, and deletes those that they replace."""
    held = known(layout)
    numbers = dict(held._generations)
    stale = {key for name in names for key in held.keys_of(name)}
    values = {key: value for key, value in held.items() if key not in stale}
    for name in names:
        values[name] = held[f"{name}@{generation}"]
        numbers[name] = (held.generation(name), generation)
    return _keep(layout, Secrets(values, numbers))


def are_told(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the caller passes the secrets of the config, even if empty: a command by hand does not."""
    return ENVIRONMENT in environment


def from_config(environment: Mapping[str, str] = os.environ) -> Secrets:
    """The secrets of the operator's config.

    They arrive in one environment variable and are never written.
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


def _parsed(kept: dict[str, Any]) -> Secrets:
    numbers = kept.pop(GENERATIONS, {})
    if not all(isinstance(value, str) for value in kept.values()):
        raise ValueError("a value that is no text")
    if not isinstance(numbers, dict) or not all(_are_generations(found) for found in numbers.values()):
        raise ValueError(f"{GENERATIONS!r} that are none")
    return Secrets(kept, {name: tuple(found) for name, found in numbers.items()})


def _are_generations(found: object) -> bool:
    return isinstance(found, list) and bool(found) and all(type(each) is int for each in found)


def _keep(layout: Layout, held: Secrets) -> Secrets:
    content: dict[str, Any] = dict(held)
    if held._generations:
        content[GENERATIONS] = {name: list(found) for name, found in held._generations.items()}
    write_private_json(layout.secrets, content)
    return held


def _fresh() -> str:
    return secrets.token_urlsafe(24)


def _number(key: str) -> int:
    return int(key.rpartition("@")[2])
