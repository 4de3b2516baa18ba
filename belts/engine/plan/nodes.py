"""The values that the planner reads from an operation, each with its location."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from belts.engine.errors import BadRequest
from belts.engine.postgres.sql import Variables

Json = Any


@dataclass(frozen=True, slots=True)
class Given:
    """A scalar written in the operation's text."""

    value: Json
    path: str

    def of(self, _variables: Variables) -> Json:
        """The value, whatever the variables are."""
        return self.value


@dataclass(frozen=True, slots=True)
class Taken:
    """A scalar taken from a place inside a variable's value."""

    name: str
    steps: tuple[str | int, ...]
    path: str

    def of(self, variables: Variables) -> Json:
        """The value in these variables."""
        value: Json = variables[self.name]
        for step in self.steps:
            value = value[step]
        return value


@dataclass(frozen=True, slots=True)
class Made:
    """A JSON value written in the text, with variables inside it."""

    template: Json
    path: str

    def of(self, variables: Variables) -> Json:
        """The value with these variables inserted; it may be many times their size."""
        uses: dict[str, int] = {}
        _count(self.template, uses)
        parts = sum(uses[name] * _parts(variables[name]) for name in uses)
        if parts > _MOST_PARTS:
            raise BadRequest(
                f"a value is too large with its variables put in: expected at most {_MOST_PARTS} parts, "
                f"seen {parts}",
                code="value-limit-exceeded",
                path=self.path,
            )
        return _fill(self.template, variables)


_MOST_PARTS = 100_000
"""Keys, elements and each eight characters of one JSON value: what the largest body can contain."""


def _count(template: Json, uses: dict[str, int]) -> None:
    match template:
        case Taken(name=name):
            uses[name] = uses.get(name, 0) + 1
        case dict():
            for item in template.values():
                _count(item, uses)
        case list():
            for item in template:
                _count(item, uses)


def _parts(value: Json) -> int:
    match value:
        case dict():
            return 1 + sum(_parts(key) + _parts(item) for key, item in value.items())
        case list():
            return 1 + sum(map(_parts, value))
        case str():
            return 1 + len(value) // 8
        case _:
            return 1


def _fill(template: Json, variables: Variables) -> Json:
    match template:
        case Taken():
            return template.of(variables)
        case dict():
            return {key: _fill(item, variables) for key, item in template.items()}
        case list():
            return [_fill(item, variables) for item in template]
        case _:
            return template


Leaf = Given | Taken | Made
Node = Leaf | str | None | list[Any] | dict[str, Any]
Arguments = Mapping[str, Node]
