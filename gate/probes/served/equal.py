"""Compares rows in JSON strictly, but ignores notations of numbers and timestamps."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from gate.observations.rows import Kind
from gate.observations.served import RowUnlike, Unlike

LONGEST = 120
ABSENT = "not given"


def same(one: Any, other: Any, *, moment: bool = False) -> bool:
    """True if two values are equal; `True` is not 1, and a text is not a number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float | Decimal) and isinstance(other, int | float | Decimal):
        return _number(one) == _number(other)
    if isinstance(one, str) and isinstance(other, str):
        return one == other or (moment and _moment(one) is not None and _moment(one) == _moment(other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def _number(value: float | Decimal) -> Decimal:
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def same_row(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None, moments: frozenset[str]) -> bool:
    """True if two rows are equal in all fields; two missing rows are equal."""
    if one is None or other is None:
        return one is other
    return one.keys() == other.keys() and all(
        same(one[field], other[field], moment=field in moments) for field in one
    )


def unlike(
    key: Iterable[str],
    held: Mapping[str, Any] | None,
    given: Mapping[str, Any] | None,
    moments: frozenset[str],
) -> RowUnlike:
    """How one row differs, in the report's form."""
    name = " ".join(key)
    if held is None or given is None:
        return RowUnlike(kind=Kind.EXTRA if held is None else Kind.MISSING, key=name)
    fields = [*held, *(field for field in given if field not in held)]
    return RowUnlike(
        kind=Kind.DIFFERENT,
        key=name,
        values=tuple(
            Unlike(field=field, held=_shown(held, field), given=_shown(given, field))
            for field in fields
            if field not in held
            or field not in given
            or not same(held[field], given[field], moment=field in moments)
        ),
    )


def _shown(row: Mapping[str, Any], field: str) -> str:
    return shown(row[field]) if field in row else ABSENT


def shown(value: Any) -> str:
    """A value as JSON, truncated if it is long."""
    return _cut(_text(value), 0)


def apart(one: Any, other: Any) -> tuple[str, str]:
    """Two values as JSON, truncated so that their first difference shows."""
    texts = _text(one), _text(other)
    pairs = zip(*texts, strict=False)
    same = next((place for place, (a, b) in enumerate(pairs) if a != b), min(map(len, texts)))
    begin = 0 if max(map(len, texts)) <= LONGEST or same < LONGEST // 2 else same - LONGEST // 3
    return _cut(texts[0], begin), _cut(texts[1], begin)


def _text(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False, default=str)


def _cut(text: str, begin: int) -> str:
    rest = text[begin : begin + LONGEST]
    return f"{'…' if begin else ''}{rest}{'…' if begin + LONGEST < len(text) else ''}"
