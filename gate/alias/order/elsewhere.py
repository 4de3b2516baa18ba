"""What an order says of an alias that lives elsewhere: how it is moved, and with which secrets."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from belts.spec.alias import CommandAlias, read
from gate.alias.store import AliasRefused, Store

KEY = "alias"
WORD = r"[^\s\"'=:,;]{8,}"
WRITER = "writer.json"
"""Under this name it is kept beside the alias how it was moved last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Elsewhere:
    """The settings of the stack, the secrets of it, and where the belts of the order answer GraphQL."""

    alias: CommandAlias
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    stdin: str = field(default="", repr=False)
    graphql: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Which writer it is: another program, or other arguments, are another one."""
        told = json.dumps([self.alias.url, list(self.alias.setting), list(self.alias.getting)])
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be told: each secret as a whole, its lines, and the longer words in it.

        One who complains of a token repeats it without the header around it.
        """
        return tuple(_secrets((*self.variables.values(), self.stdin)))


def of(order: Mapping[str, Any]) -> Elsewhere | None:
    """What the order says; None where the alias is a directory. Raises `MistakesError` or `KeyError`."""
    told = order.get(KEY)
    if told is None:
        return None
    belts = [order["upstream"], *(belt for belt in order.get("belts", ()) if "unreadable" not in belt)]
    return Elsewhere(
        alias=read(told["settings"]),
        variables={str(name): str(value) for name, value in (told.get("variables") or {}).items()},
        stdin=str(told.get("stdin") or ""),
        graphql={belt["belt"]: belt["graphql"] for belt in belts},
    )


def demand_same_kind(store: Store, told: Elsewhere | None, stack: str) -> None:
    """Refuses a directory where an alias elsewhere was moved: its consumers would stay where they are."""
    if told is None and store.kept(WRITER) is not None:
        raise AliasRefused(
            "the alias stays where it is",
            expected="the `alias` of kind `command` by which it was moved until now",
            seen="a stack that keeps the alias in a directory, which those consumers do not read",
            now=f"put `alias` back into the config of {stack}; to keep it in a directory, decommission the "
            "gateway and begin anew",
        )


def _secrets(texts: tuple[str, ...]) -> Iterator[str]:
    for text in texts:
        lines = (text, *text.splitlines(), *re.findall(WORD, text))
        yield from {line.strip() for line in lines if line.strip()}
