"""Values as the text that Postgres reads, and Hasura's refusals of those that cannot be."""

# ruff: noqa: E501 -- queries, bodies and messages are kept in one piece

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belts.engine.errors import EngineError
from belts.engine.postgres.scalars import encode, encode_list, scientific, to_json
from belts.engine.postgres.types import PgType, builtin


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        ("int4", 5, "5"),
        ("int4", "5", "5"),
        ("int4", -(2**31), "-2147483648"),
        ("int8", 2**63 - 1, "9223372036854775807"),
        ("int8", Decimal("1E3"), "1000"),
        ("numeric", Decimal("0.10"), "0.10"),
        ("numeric", 10**30, "1000000000000000000000000000000"),
        ("float8", 1.5, "1.5"),
        ("bool", True, "true"),
        ("bool", "t", "t"),
        ("text", "a\"b'c\\", "a\"b'c\\"),
        ("jsonb", {"a": [1, None, "x"]}, '{"a":[1,null,"x"]}'),
        ("jsonb", "a string", '"a string"'),
        ("json", Decimal("12345678901234567890.5"), "12345678901234567890.5"),
        ("uuid", "not looked at", "not looked at"),
    ],
)
def test_a_value(type_: str, value: Any, text: str) -> None:
    """It is written without loss; strings are left to Postgres."""
    assert encode(builtin(type_), value, "$") == text


@pytest.mark.parametrize(
    ("type_", "value", "message"),
    [
        ("int4", None, "unexpected null value for type 'Int'"),
        (
            "int2",
            32768,
            "The value 32768.0 lies outside the bounds or is not an integer. Maybe it is a float, or is there integer overflow?",
        ),
        (
            "int4",
            1.5,
            "The value 1.5 lies outside the bounds or is not an integer. Maybe it is a float, or is there integer overflow?",
        ),
        (
            "int8",
            Decimal("1e999999999"),
            "The value 1.0e999999999 lies outside the bounds or is not an integer. Maybe it is a float, or is there integer overflow?",
        ),
        (
            "float8",
            Decimal("1e400"),
            "The value 1.0e400 lies outside the bounds. Is it overflowing the float bounds?",
        ),
        (
            "int4",
            True,
            "parsing Integer expected for input type: PGInteger failed, expected Number, but encountered Boolean",
        ),
        ("numeric", [], "parsing Scientific failed, expected Number, but encountered Array"),
        ("bool", 1, "parsing Bool failed, expected Bool, but encountered Number"),
        ("text", 1, "parsing Text failed, expected String, but encountered Number"),
        ("uuid", 1, "A string is expected for type: uuid"),
    ],
)
def test_a_value_that_cannot_be(type_: str, value: Any, message: str) -> None:
    """It is refused in Hasura's words, at its path."""
    with pytest.raises(EngineError) as refused:
        encode(builtin(type_), value, "$.x")
    assert (refused.value.message, refused.value.path) == (message, "$.x")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], "{}"),
        (["a", 'b"', "c\\", "", "NULL", "x,y"], '{"a","b\\"","c\\\\","","NULL","x,y"}'),
        ("one", '{"one"}'),
    ],
)
def test_a_list(values: Any, text: str) -> None:
    """It is an array of Postgres, its elements quoted; a single value is a list of one."""
    assert encode_list(builtin("text"), values, "$") == text


def test_a_list_with_a_null() -> None:
    """A null among the values of `_in` is refused; in an array it is an element."""
    with pytest.raises(EngineError) as refused:
        encode_list(builtin("text"), ["a", None], "$.x")
    assert refused.value.path == "$.x[1]"
    assert encode(builtin("text", array=True), ["a", None], "$") == '{"a",NULL}'


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("3000000000", "3.0e9"),
        ("12345678901", "1.2345678901e10"),
        ("1.5", "1.5"),
        ("-20", "-20.0"),
        ("0.001", "1.0e-3"),
        ("1234567", "1234567.0"),
    ],
)
def test_a_number_in_a_message(number: str, shown: str) -> None:
    """It is shown as Hasura shows it."""
    assert scientific(Decimal(number)) == shown


@settings(max_examples=40, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_comes_back(value: Any) -> None:
    """What is written is what was given."""
    assert json.loads(to_json(value, "$")) == value


def test_json_nested_without_end() -> None:
    """It is refused."""
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(EngineError):
        to_json(value, "$")


def test_the_type_of_a_domain_or_enum_elsewhere() -> None:
    """A cast names the schema, quoted."""
    assert PgType(schema='a"b', name="mood", enum=True, array=True).cast == '"a""b"."mood"[]'
