"""What the planner reads an operation into: its values, with the place each comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from belts.engine.postgres.sql import Variables

Json = Any


@dataclass(frozen=True, slots=True)
class Given:
    """A scalar that stands in the operation's text."""

    value: Json
    path: str

    def of(self, _variables: Variables) -> Json:
        """The value, whatever the variables are."""
        return self.value


@dataclass(frozen=True, slots=True)
class Taken:
    """A scalar that comes from a variable, at a place inside its value."""

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
    """A JSON value written in the text with variables inside it."""

    template: Json
    path: str

    def of(self, variables: Variables) -> Json:
        """The value with these variables put in."""
        return _fill(self.template, variables)


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
