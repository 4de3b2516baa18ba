"""The one place that quotes identifiers; values are never in a statement's text.

The two rules of Postgres are written out here: an engine with another client need not load psycopg for them,
and the tests compare them with psycopg's own composition.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

Variables = Mapping[str, Any]
Session = Mapping[str, str]
Bind = Callable[[Variables, Session], str | None]


def ident(*names: str) -> str:
    """A dotted identifier: each name in quotes, with every quote in it doubled."""
    return _ident(*names) if sum(map(len, names)) <= _REMEMBERED else _ident.__wrapped__(*names)


def literal(text: str) -> str:
    """A string constant of our own (a response key, a type's name): never a client's value."""
    return _literal(text) if len(text) <= _REMEMBERED else _literal.__wrapped__(text)


_REMEMBERED = 128
"""A response key may be as long as a request, so only short texts are cached by count."""


@lru_cache(maxsize=4096)
def _ident(*names: str) -> str:
    return ".".join('"' + _whole(name).replace('"', '""') + '"' for name in names)


@lru_cache(maxsize=4096)
def _literal(text: str) -> str:
    quoted = "'" + _whole(text).replace("'", "''") + "'"
    # Whether a backslash is literal depends on a setting, unless the constant is marked as escaped.
    return " E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted


def _whole(text: str) -> str:
    """Refuses a text with a NUL, which would end the statement for the server."""
    if "\0" in text:
        raise ValueError("a name in a statement holds a NUL, and no name in Postgres can")
    return text


@dataclass(kw_only=True, slots=True)
class Statement:
    """State of a statement being written: its parameters and the aliases it has used."""

    binds: list[Bind] = field(default_factory=list)
    aliases: int = 0

    def alias(self) -> str:
        """A table alias that is unique in this statement, and cannot be a GraphQL name."""
        self.aliases += 1
        return f'"t!{self.aliases}"'

    def param(self, bind: Bind, cast: str) -> str:
        """Adds a parameter, sent as text and cast by Postgres."""
        self.binds.append(bind)
        return f"(${len(self.binds)}::text)::{cast}"


def constant(value: str | None) -> Bind:
    """A parameter whose value is known at planning time."""

    def bind(_variables: Variables, _session: Session) -> str | None:
        return value

    return bind
