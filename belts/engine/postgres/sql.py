"""Identifiers are quoted in one place; values are never in a statement's text.

Two rules of Postgres, written out: an engine that speaks to its database by another client need not load
psycopg for them, and the tests hold the two against psycopg's own composition.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

Variables = Mapping[str, Any]
Session = Mapping[str, str]
Bind = Callable[[Variables, Session], str | None]


def ident(*names: str) -> str:
    """A dotted identifier: each name in quotes, and every quote in it doubled."""
    return _ident(*names) if sum(map(len, names)) <= _REMEMBERED else _ident.__wrapped__(*names)


def literal(text: str) -> str:
    """A string constant of our own making (a response key, a type's name): never a client's value."""
    return _literal(text) if len(text) <= _REMEMBERED else _literal.__wrapped__(text)


_REMEMBERED = 128
"""A response key may be as long as a request: what is remembered by its number has to be short."""


@lru_cache(maxsize=4096)
def _ident(*names: str) -> str:
    return ".".join('"' + _whole(name).replace('"', '""') + '"' for name in names)


@lru_cache(maxsize=4096)
def _literal(text: str) -> str:
    quoted = "'" + _whole(text).replace("'", "''") + "'"
    # Whether a backslash stands for itself depends on a setting, unless the constant says that it escapes.
    return " E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted


def _whole(text: str) -> str:
    """A text without the character at which the server would take a statement to end."""
    if "\0" in text:
        raise ValueError("a name in a statement holds a NUL, and no name in Postgres can")
    return text


@dataclass(kw_only=True, slots=True)
class Statement:
    """What a statement gathers while it is written: its parameters and the aliases it has used."""

    binds: list[Bind] = field(default_factory=list)
    aliases: int = 0

    def alias(self) -> str:
        """A table alias that nothing else in this statement has, and that no GraphQL name can be."""
        self.aliases += 1
        return f'"t!{self.aliases}"'

    def param(self, bind: Bind, cast: str) -> str:
        """A parameter sent as text and read by Postgres as `cast`."""
        self.binds.append(bind)
        return f"(${len(self.binds)}::text)::{cast}"


def constant(value: str | None) -> Bind:
    """A parameter whose value is known when the statement is planned."""

    def bind(_variables: Variables, _session: Session) -> str | None:
        return value

    return bind
