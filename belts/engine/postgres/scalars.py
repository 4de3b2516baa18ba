"""A client's value as text for Postgres, refused if Hasura refuses it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson

from belts.engine.errors import EngineError, invalid, unparsable
from belts.engine.postgres.types import PgType

Json = Any
_BOUNDS = {"int2": 2**15, "int4": 2**31, "int8": 2**63}
_JSON = frozenset({"json", "jsonb"})
_WORDS = {"int2": "PGSmallInt", "int4": "PGInteger", "int8": "PGBigInt"}


def encode(of: PgType, value: Json, path: str) -> str:
    """The text of one value; strings are left for Postgres to parse, as Hasura does."""
    if value is None:
        raise null_refused(of, path)
    if of.array:
        if isinstance(value, str):
            return value
        if not isinstance(value, list):
            raise _expected("[]", "Array", value, path)
        if of.name not in _JSON and all(isinstance(item, str) for item in value):
            return _array(value)
        return _array([_element(of, item, f"{path}[{index}]") for index, item in enumerate(value)])
    return _scalar(of, value, path)


def encode_list(of: PgType, value: Json, path: str) -> str:
    """The text of an array of values, for the operators that take a list."""
    values = value if isinstance(value, list) else [value]
    if not of.array and of.name not in _JSON and all(isinstance(item, str) for item in values):
        return _array(values)
    return _array([encode(of, item, f"{path}[{index}]") for index, item in enumerate(values)])


def null_refused(of: PgType, path: str) -> EngineError:
    """Hasura's refusal of a null where a value is compared."""
    return invalid(f"unexpected null value for type '{of.scalar}'", path)


def _element(of: PgType, value: Json, path: str) -> str | None:
    return None if value is None else _scalar(of, value, path)


def _scalar(of: PgType, value: Json, path: str) -> str:
    if of.name in _JSON:
        return to_json(value, path)
    if isinstance(value, str):
        return value
    return _ENCODERS.get(of.name, _opaque)(of, value, path)


def _whole(of: PgType, value: Json, path: str) -> str:
    if type(value) is int and -_BOUNDS[of.name] <= value < _BOUNDS[of.name]:
        return str(value)
    number = _number(value)
    if number is None:
        raise _expected(f"Integer expected for input type: {_WORDS[of.name]}", "Number", value, path)
    bound = _BOUNDS[of.name]
    # Exponent first: an integer of 10^9 digits must not be expanded only to be refused.
    if number.adjusted() > 20 or number != number.to_integral_value() or not -bound <= number < bound:
        raise unparsable(
            f"The value {scientific(number)} lies outside the bounds or is not an integer. "
            "Maybe it is a float, or is there integer overflow?",
            path,
        )
    return str(int(number))


def _float(_of: PgType, value: Json, path: str) -> str:
    number = _number(value)
    if number is None:
        raise _expected("Float expected for input type: PGFloat", "Number", value, path)
    if number.adjusted() > 308:
        raise unparsable(
            f"The value {scientific(number)} lies outside the bounds. Is it overflowing the float bounds?",
            path,
        )
    return str(number)


def _numeric(_of: PgType, value: Json, path: str) -> str:
    number = _number(value)
    if number is None:
        raise _expected("Scientific", "Number", value, path)
    return str(number)


def _boolean(_of: PgType, value: Json, path: str) -> str:
    if not isinstance(value, bool):
        raise _expected("Bool", "Bool", value, path)
    return "true" if value else "false"


def _text(_of: PgType, value: Json, path: str) -> str:
    raise _expected("Text", "String", value, path)


def _opaque(of: PgType, _value: Json, path: str) -> str:
    raise unparsable(f"A string is expected for type: {of.name}", path)


_ENCODERS: dict[str, Callable[[PgType, Json, str], str]] = {
    "int2": _whole,
    "int4": _whole,
    "int8": _whole,
    "float4": _float,
    "float8": _float,
    "numeric": _numeric,
    "money": _numeric,
    "bool": _boolean,
    "text": _text,
    "varchar": _text,
    "bpchar": _text,
    "citext": _text,
}


def _number(value: Json) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return value if isinstance(value, Decimal) else Decimal(str(value))


def scientific(number: Decimal) -> str:
    """A number as Hasura's own messages show it: 3.0e9, 12.5."""
    # Not by normalize(): that is arithmetic, and overflows if a client writes the exponent.
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        return str(number)
    point = len(digits) + exponent
    text = "".join(map(str, digits)).rstrip("0") or "0"
    prefix = "-" if sign else ""
    if 0 < point <= 7:
        padded = text.ljust(point, "0")
        return f"{prefix}{padded[:point]}.{padded[point:] or '0'}"
    return f"{prefix}{text[0]}.{text[1:] or '0'}e{point - 1}"


def to_json(value: Json, path: str) -> str:
    """A value as JSON text, with all digits of its numbers."""
    try:
        return _write_json(value)
    except RecursionError:
        raise unparsable("the value is nested too deeply", path) from None


def _write_json(value: Json) -> str:
    match value:
        case dict():
            members = (f"{_write_json(str(key))}:{_write_json(item)}" for key, item in value.items())
            return "{" + ",".join(members) + "}"
        case list():
            return "[" + ",".join(map(_write_json, value)) + "]"
        case Decimal():
            return str(value)
        case bool() | None | str():
            return orjson.dumps(value).decode()
        case _:
            return str(value)


def _array(elements: list[str | None]) -> str:
    return "{" + ",".join("NULL" if item is None else _quoted(item) for item in elements) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _expected(what: str, wanted: str, value: Json, path: str) -> EngineError:
    return unparsable(
        f"parsing {what} failed, expected {wanted}, but encountered {_encountered(value)}", path
    )


def _encountered(value: Json) -> str:
    match value:
        case None:
            return "Null"
        case bool():
            return "Boolean"
        case str():
            return "String"
        case list():
            return "Array"
        case dict():
            return "Object"
        case _:
            return "Number"
