"""Expected values of an answer that have several valid forms: timestamps, numbers, rounded sums."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gate.probes.served.equal import same

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, in any notation of its zone."""

    text: str


@dataclass(frozen=True, slots=True)
class Amount:
    """A number, as a number or as text; the forms are compared by another probe."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class About:
    """A number that every server rounds in its own way."""

    value: Decimal
    within: Decimal


@dataclass(frozen=True, slots=True)
class InAnyOrder:
    """The same elements, each once."""

    elements: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Numbered:
    """Rows ordered by a number that each comes with; ties as listed here.

    Each row has its identifying fields and the minimum of its number: more may be counted than is known.
    `path` leads to the number.
    """

    rows: tuple[tuple[Mapping[str, Any], int], ...]
    path: tuple[str, ...]
    down: bool

    def held(self, given: Any) -> bool:
        """True if these are all rows, each once with at least its minimum, ordered by their numbers."""
        found = [self._found(row) for row in given] if isinstance(given, list) else []
        told = [one for one in found if one is not None]
        if len(told) < len(found) or sorted(place for place, _ in told) != [*range(len(self.rows))]:
            return False
        return told == sorted(sorted(told), key=lambda one: one[1], reverse=self.down)

    def _found(self, given: Any) -> tuple[int, Decimal] | None:
        """Which row it is, and its number."""
        if not isinstance(given, Mapping):
            return None
        inner, known = given, {name: value for name, value in given.items() if name != self.path[0]}
        for name in self.path:
            inner = inner.get(name) if isinstance(inner, Mapping) else None  # type: ignore[assignment]
        number = number_of(inner)
        for place, (row, least) in enumerate(self.rows):
            if number is not None and number >= least and fits(row, known):
                return place, number
        return None

    def shown(self) -> list[Any]:
        """The rows as they would be with the known numbers."""
        ordered = sorted(self.rows, key=lambda one: one[1], reverse=self.down)
        return [{**row, **self.within(least)} for row, least in ordered]

    def within(self, number: int) -> dict[str, Any]:
        """The number, nested along the path."""
        inner: Any = number
        for name in reversed(self.path):
            inner = {name: inner}
        return dict(inner)


def number_of(value: Any) -> Decimal | None:
    """A number that came as a number or as a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    text = repr(value) if isinstance(value, float) else str(value)
    return Decimal(text) if NUMBER.fullmatch(text) else None


def fits(expected: Any, given: Any) -> bool:  # noqa: PLR0911 - one for each kind of value
    """True if an answer is the expected one."""
    match expected:
        case Moment(text):
            return same(text, given, moment=True)
        case Amount(value):
            return number_of(given) == value
        case About(value, within):
            found = number_of(given)
            return found is not None and abs(found - value) <= within
        case Numbered():
            return expected.held(given)
        case InAnyOrder(elements):
            return isinstance(given, list) and fits(_sorted(elements), _sorted(given))
        case dict():
            return (
                isinstance(given, Mapping)
                and expected.keys() == given.keys()
                and all(fits(value, given[name]) for name, value in expected.items())
            )
        case list():
            return isinstance(given, list) and len(given) == len(expected) and all(map(fits, expected, given))
        case _:
            return same(expected, given)


def _sorted(values: Sequence[Any]) -> list[Any]:
    return sorted(values, key=lambda value: json.dumps(plain(value), default=str, sort_keys=True))


def plain(expected: Any) -> Any:  # noqa: PLR0911 - one for each kind of value
    """The expected value as plain values, for display."""
    match expected:
        case Moment(text):
            return text
        case Amount(value):
            return int(value) if value == value.to_integral_value() else value
        case About(value, _):
            return float(value)
        case Numbered():
            return [plain(one) for one in expected.shown()]
        case InAnyOrder(elements):
            return [plain(one) for one in elements]
        case dict():
            return {name: plain(value) for name, value in expected.items()}
        case list():
            return [plain(one) for one in expected]
        case _:
            return expected
