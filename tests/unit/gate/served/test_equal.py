"""When a value that comes through GraphQL is the value that is held."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.observations.rows import Kind
from gate.probes.served.equal import apart, same, same_row, unlike

NOTHING: frozenset[str] = frozenset()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (1, 1, True),
        (1, "1", False),
        (1, True, False),
        (True, True, True),
        (None, None, True),
        (None, 0, False),
        (None, "", False),
        (1.5, Decimal("1.50"), True),
        (Decimal(9007199254740993), Decimal(9007199254740992), False),
        ("1.50", "1.5", False),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ({"a": True}, {"a": 1}, False),
        ("2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00Z", False),
    ],
)
def test_a_case(one: Any, other: Any, *, alike: bool) -> None:
    """Numbers by their value, everything else as it is written."""
    assert same(one, other) is alike
    assert same(other, one) is alike


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("2026-01-01T00:00:00+00:00", "2026-01-01T01:00:00+01:00", True),
        ("2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00", True),
        ("2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.000001+00:00", False),
        ("infinity", "infinity", True),
        ("infinity", "-infinity", False),
    ],
)
def test_a_moment(one: str, other: str, *, alike: bool) -> None:
    """A moment is the same in any zone."""
    assert same(one, other, moment=True) is alike


@given(JSON)
def test_the_same_value(value: Any) -> None:
    """A value is itself."""
    assert same(value, value)


@given(JSON, JSON)
def test_no_two_kinds(one: Any, other: Any) -> None:
    """What is the same is of one kind."""
    number = (int, float)
    if same(one, other) and not (isinstance(one, number) and isinstance(other, number)):
        assert type(one) is type(other)


def test_rows() -> None:
    """A row that is not there is no row, and a field more is another row."""
    assert same_row(None, None, NOTHING)
    assert not same_row({"id": "a"}, None, NOTHING)
    assert not same_row({"id": "a"}, {"id": "a", "x": 1}, NOTHING)
    assert unlike(("a",), None, {"id": "a"}, NOTHING).kind is Kind.EXTRA
    assert unlike(("a",), {"id": "a"}, None, NOTHING).kind is Kind.MISSING
    [value] = unlike(("a",), {"id": "a", "x": Decimal("1.0")}, {"id": "a"}, NOTHING).values
    assert (value.field, value.held, value.given) == ("x", "1.0", "not given")


def test_where_two_values_part() -> None:
    """However long both are, and however late that is."""
    rows = [{"id": f"row {number}"} for number in range(100)]
    one, other = apart(rows, [*rows[:50], *rows[51:]])
    assert one != other
    assert "row 50" in one
    assert "row 50" not in other
    assert max(map(len, (one, other))) <= 122
    assert apart([1], [2]) == ("[1]", "[2]")
    assert apart(rows, "nothing at all")[1] == '"nothing at all"'
