"""Whatever Envio can keep in a column: the comparison finds no difference exactly when there is none."""

import asyncio
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from tests.deep import examples
from tests.live.gate.content.belt import Belt, compare, only

pytestmark = pytest.mark.live


@dataclass(frozen=True, kw_only=True, slots=True)
class Type:
    """A type of column, values for it, and an independent opinion on when two of them are the same."""

    declared: str
    values: st.SearchStrategy[Any]
    meaning: Callable[[Any], Any] = lambda value: value
    written: Callable[[Any], Any] = lambda value: value


def number(value: Decimal | float) -> object:
    """A number as it counts: 1.0 is 1, -0 is 0, and NaN is itself."""
    return "NaN" if math.isnan(value) else value


def decimals() -> st.SearchStrategy[Decimal]:
    """Numbers in which Postgres' own hash sees no difference are common."""
    few = st.sampled_from(
        [Decimal(text) for text in ("0", "1", "-1", "1.00", "10000", "NaN", "Infinity", "-Infinity")]
    )
    many = st.decimals(min_value=-(10**40), max_value=10**40, places=4)
    return st.one_of(few, many)


TEXT = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=4)
WHOLE = st.one_of(
    st.sampled_from([0, 4, 4294967301, -1, 1]), st.integers(min_value=-(2**62), max_value=2**62)
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(min_value=-3, max_value=3), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(TEXT, inner, max_size=2)),
    max_leaves=4,
)


def moment(microseconds: int) -> datetime:
    """A moment around 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def canonical(value: Any) -> str:
    """JSON text in which only meaning counts."""
    return json.dumps(value, sort_keys=True)


TYPES = (
    Type(declared="TEXT", values=TEXT),
    Type(declared="BOOLEAN", values=st.booleans()),
    Type(declared="INTEGER", values=st.integers(min_value=-(2**31), max_value=2**31 - 1)),
    Type(declared="BIGINT", values=WHOLE),
    Type(declared="DOUBLE PRECISION", values=st.floats(), meaning=number),
    Type(declared="NUMERIC", values=decimals(), meaning=number),
    Type(
        declared="NUMERIC(76, 32)",
        values=st.decimals(min_value=-(10**9), max_value=10**9, places=8),
        meaning=number,
    ),
    Type(declared="JSONB", values=JSON, meaning=canonical, written=Jsonb),
    Type(
        declared="TIMESTAMP WITH TIME ZONE",
        values=st.integers(min_value=-(10**15), max_value=10**15).map(moment),
    ),
    Type(declared="status", values=st.sampled_from(["OPEN", "CLOSED"])),
    Type(declared="TEXT[]", values=st.lists(TEXT, max_size=2)),
    Type(declared="INTEGER[]", values=st.lists(st.integers(min_value=-3, max_value=3), max_size=3)),
    Type(
        declared="NUMERIC[]", values=st.lists(st.integers(min_value=-(10**30), max_value=10**30), max_size=2)
    ),
    Type(
        declared="DOUBLE PRECISION[]",
        values=st.lists(st.integers(min_value=-3, max_value=3).map(float), max_size=2),
    ),
    Type(declared="status[]", values=st.lists(st.sampled_from(["OPEN", "CLOSED"]), max_size=2)),
    Type(
        declared="JSONB[]",
        values=st.lists(JSON, max_size=2),
        meaning=canonical,
        written=lambda v: [Jsonb(x) for x in v],
    ),
)

Row = tuple[Any, ...]


def rows() -> st.SearchStrategy[dict[str, Row]]:
    """A few rows by their key, every column nullable."""
    row = st.tuples(*(st.one_of(st.none(), kind.values) for kind in TYPES))
    return st.dictionaries(st.sampled_from("abcd"), row, max_size=4)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict[str, Row], dict[str, Row]]:
    """Two tables: equal, or with single values of one exchanged, or with nothing in common."""
    ours = draw(rows())
    if draw(st.booleans()):
        return ours, draw(rows())
    theirs = dict(ours)
    for key in draw(st.lists(st.sampled_from(sorted(ours)), max_size=2)) if ours else ():
        column = draw(st.integers(min_value=0, max_value=len(TYPES) - 1))
        value = draw(st.one_of(st.none(), TYPES[column].values))
        theirs[key] = (*theirs[key][:column], value, *theirs[key][column + 1 :])
    return ours, theirs


def meaning(row: Row) -> tuple[object, ...]:
    """A row as it counts."""
    return tuple(
        None if value is None else kind.meaning(value) for kind, value in zip(TYPES, row, strict=True)
    )


def written(key: str, row: Row) -> Row:
    """A row as psycopg takes it."""
    values = (None if value is None else kind.written(value) for kind, value in zip(TYPES, row, strict=True))
    return (key, *values)


@pytest.fixture
def belts(blue: Belt, green: Belt) -> tuple[Belt, Belt]:
    """Two belts with an entity that has every type there is."""
    return with_every_type(blue, green)


def with_every_type(blue: Belt, green: Belt) -> tuple[Belt, Belt]:
    """Makes the entity; the enums of the belts have different OIDs."""
    green.execute("CREATE TYPE decoy AS ENUM ('A')")
    for belt in (blue, green):
        belt.execute("CREATE TYPE status AS ENUM ('OPEN', 'CLOSED')")
        belt.seed(1)
        columns = ", ".join(f'"c{index}" {kind.declared}' for index, kind in enumerate(TYPES))
        belt.entity("Thing", columns, history=True)
        belt.execute("INSERT INTO envio_checkpoints VALUES (1, 1, 900, NULL, 0)")
    return blue, green


@pytest.mark.long
@settings(
    max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tables=pairs())
def test_any_two_tables(belts: tuple[Belt, Belt], tables: tuple[dict[str, Row], dict[str, Row]]) -> None:
    """The rows that the comparison names are those that Python finds different, and no others."""
    agree(belts, tables)


def agree(belts: tuple[Belt, Belt], tables: tuple[dict[str, Row], dict[str, Row]]) -> None:
    """Fills both belts, and looks whether the comparison and Python see the same."""
    for belt, table in zip(belts, tables, strict=True):
        belt.execute('TRUNCATE "Thing"')
        if table:
            belt.fill("Thing", *(written(key, row) for key, row in table.items()))
    ours, theirs = ({key: meaning(row) for key, row in table.items()} for table in tables)
    expected = {key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}
    entity = only(asyncio.run(compare(*belts)))
    assert {row.key for row in entity.differences} == expected
    assert entity.totals.unequal == len(expected)


# Values that Postgres' own hash functions take for each other, or that look alike as text.
TRAPS = (
    ("NUMERIC", "1", "-1"),
    ("NUMERIC", "NaN", "Infinity"),
    ("NUMERIC", "1", "10000"),
    ("BIGINT", "4", "4294967301"),
    ("BIGINT", "0", "-1"),
    ("DOUBLE PRECISION", "0", "5e-324"),
    ("DOUBLE PRECISION", "NaN", "Infinity"),
    ("JSONB", '{"a": 1}', '{"a": -1}'),
    ("JSONB", "[[1], 2]", "[[1, 2]]"),
    ("JSONB", "null", None),
    ("JSONB", '"1"', "1"),
    ("INTEGER[]", "{1,2}", "{{1,2}}"),
    ("INTEGER[]", "{}", None),
    ("TEXT[]", "{NULL}", '{"NULL"}'),
    ("TEXT[]", '{"a,b"}', "{a,b}"),
    ("TEXT", "", None),
    ("TEXT", "a ", "a"),
    ("BOOLEAN", "false", None),
    ("INTEGER", "0", None),
    ("TIMESTAMP WITH TIME ZONE", "2024-01-01 00:00:00+00", "2024-01-01 00:00:00.000001+00"),
    ("TIMESTAMP WITH TIME ZONE", "2024-01-01 00:00:00+00", "2024-01-01 00:00:00+01"),
    ("BYTEA", "\\x00", "\\x0000"),
    ("status", "OPEN", "CLOSED"),
)


@pytest.mark.parametrize(("declared", "one", "other"), TRAPS)
async def test_a_value_that_looks_like_another(
    blue: Belt, green: Belt, declared: str, one: str, other: str | None
) -> None:
    """Every such pair is a difference, beside a NULL too."""
    for belt, value in ((blue, one), (green, other)):
        belt.execute("CREATE TYPE status AS ENUM ('OPEN', 'CLOSED')")
        belt.seed(1)
        belt.entity("Thing", f'"value" {declared}, "nothing" TEXT', history=True)
        belt.execute("INSERT INTO envio_checkpoints VALUES (1, 1, 900, NULL, 0)")
        belt.execute(f"INSERT INTO \"Thing\" SELECT 'a', %s::{declared}", (value,))
    assert only(await compare(blue, green)).totals.different == 1


# Values that are written differently and are the same.
ALIKE = (
    ("NUMERIC", "1.0", "NUMERIC", "1.00"),
    ("NUMERIC(20, 2)", "5", "NUMERIC(30, 8)", "5"),
    ("INTEGER", "7", "NUMERIC", "7"),
    ("BIGINT", "7", "INTEGER", "7"),
    ("TEXT", "OPEN", "status", "OPEN"),
    ("DOUBLE PRECISION", "0", "DOUBLE PRECISION", "-0"),
    ("DOUBLE PRECISION", "0.5", "REAL", "0.5"),
    ("JSONB", '{"a": 1, "b": 2}', "JSON", '{"b":2,"a":1}'),
    ("VARCHAR(9)", "x", "TEXT", "x"),
    (
        "TIMESTAMP WITH TIME ZONE",
        "2024-01-01 00:00:00+00",
        "TIMESTAMP WITH TIME ZONE",
        "2024-01-01 01:00:00+01",
    ),
)


@pytest.mark.parametrize(("one", "ours", "other", "theirs"), ALIKE)
async def test_one_value_in_two_forms(
    blue: Belt, green: Belt, one: str, ours: str, other: str, theirs: str
) -> None:
    """A type or a form that differs does not make a value another one."""
    for belt, declared, value in ((blue, one, ours), (green, other, theirs)):
        belt.execute("CREATE TYPE status AS ENUM ('OPEN', 'CLOSED')")
        belt.seed(1)
        belt.entity("Thing", f'"value" {declared}', history=True)
        belt.execute("INSERT INTO envio_checkpoints VALUES (1, 1, 900, NULL, 0)")
        belt.execute(f"INSERT INTO \"Thing\" SELECT 'a', %s::{declared}", (value,))
    assert only(await compare(blue, green)).totals.unequal == 0
