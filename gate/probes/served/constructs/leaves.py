"""What an answer has to be, where several texts of it are one: moments, numbers, sums that were rounded."""

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
    """A point in time, however its zone is written."""

    text: str


@dataclass(frozen=True, slots=True)
class Amount:
    """A number, as a number or as a text: which of them it is today, another look compares."""

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


def number_of(value: Any) -> Decimal | None:
    """A number that came as a number or as a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    text = repr(value) if isinstance(value, float) else str(value)
    return Decimal(text) if NUMBER.fullmatch(text) else None


def fits(expected: Any, given: Any) -> bool:  # noqa: PLR0911 - one for each kind of value
    """Whether an answer is the expected one."""
    match expected:
        case Moment(text):
            return same(text, given, moment=True)
        case Amount(value):
            return number_of(given) == value
        case About(value, within):
            found = number_of(given)
            return found is not None and abs(found - value) <= within
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
    """The same as plain values, to be shown."""
    match expected:
        case Moment(text):
            return text
        case Amount(value):
            return int(value) if value == value.to_integral_value() else value
        case About(value, _):
            return float(value)
        case InAnyOrder(elements):
            return [plain(one) for one in elements]
        case dict():
            return {name: plain(value) for name, value in expected.items()}
        case list():
            return [plain(one) for one in expected]
        case _:
            return expected
