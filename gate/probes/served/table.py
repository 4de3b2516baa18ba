"""Reads rows of a table in the JSON form in which GraphQL should return them."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from psycopg import sql

from gate.observations.forms import Form
from gate.probes.database.session import Snapshot
from gate.probes.database.transactions import written_since
from gate.probes.served.shape import Scalar, Shape, Way

TEXTS = frozenset({"int8", "numeric", "float8"})
"""Number types that an engine may return as text; GraphQL's Int and Float never are."""
WIDE = frozenset({"int8", "numeric", "float8", "json", "jsonb"})
"""Types whose numbers a JSON parser may round."""
RELATED = 100
"""How many rows of a relationship to many are read per row."""

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Rows whose main key is above `above` and not above `until`; `None` is no bound.

    `chain` limits them to one chain, by the column that names it, and `keys` to some main keys.
    """

    above: str | None = None
    until: str | None = None
    chain: tuple[str, str] | None = None
    keys: tuple[str, ...] = ()

    @property
    def ends(self) -> bool:
        """True if rows added at the end of the table cannot extend it."""
        return self.until is not None or bool(self.keys)


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """What is read of every row: columns in their expected form, and the target of each way.

    `first` is how many rows came when the first `forms.ROWS` were requested.
    """

    shape: Shape
    forms: Mapping[str, Form]
    ways: tuple[Way, ...]
    related: int = RELATED
    first: int = 0

    @property
    def exact(self) -> bool:
        """True if numbers need an exact parser."""
        return any(
            scalar.column.type in WIDE
            and (scalar.column.type not in TEXTS or self.forms.get(scalar.field) is not Form.TEXT)
            for scalar in self.shape.scalars
        )

    def parse(self, text: bytes | str) -> Any:
        """Parses JSON, exactly if needed."""
        return json.loads(text, parse_float=Decimal) if self.exact else orjson.loads(text)


def key_of(selection: Selection, row: Mapping[str, Any]) -> tuple[str, ...]:
    """The key of a row."""
    return tuple(str(row[scalar.field]) for scalar in selection.shape.key)


async def read(snapshot: Snapshot, selection: Selection, span: Span) -> list[Row]:
    """The rows of a span, in key order."""
    return await read_where(snapshot, selection, within(selection.shape, span))


async def read_where(
    snapshot: Snapshot, selection: Selection, condition: sql.Composable, *, source: str | None = None
) -> list[Row]:
    """The rows that meet a condition, in key order; `source` is another table with the same columns."""
    text, _ = await read_text(snapshot, selection, condition, source=source)
    found: list[Row] = selection.parse(text)
    return found


def among(shape: Shape, keys: Collection[tuple[str, ...]]) -> sql.Composed:
    """True for rows with the given keys, as text; a literal takes its column's type."""
    return sql.SQL("({}) IN ({})").format(
        sql.SQL(", ").join(map(_column, shape.key)),
        sql.SQL(", ").join(
            sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, key))) for key in sorted(keys)
        ),
    )


async def unwritten(
    snapshot: Snapshot, shape: Shape, keys: Collection[tuple[str, ...]], since: int
) -> set[tuple[str, ...]]:
    """Those of the given keys whose rows no transaction from `since` on has written."""
    if not keys:
        return set()
    query = sql.SQL("SELECT {} FROM {} t WHERE {} AND NOT {}").format(
        sql.SQL(", ").join(sql.SQL("{}::text").format(_column(part)) for part in shape.key),
        snapshot.table(shape.table.name),
        among(shape, keys),
        written_since(since),
    )
    return {tuple(map(str, key)) for key in await snapshot.rows(query)}


async def count(snapshot: Snapshot, shape: Shape, span: Span) -> int:
    """The number of rows of a span."""
    query = sql.SQL("SELECT count(*) FROM {} t WHERE {}")
    [[found]] = await snapshot.rows(query.format(snapshot.table(shape.table.name), within(shape, span)))
    return int(found)


async def read_text(
    snapshot: Snapshot, selection: Selection, condition: sql.Composable, *, source: str | None = None
) -> tuple[str, int]:
    """The rows that meet a condition as Postgres writes them, and their number."""
    shape = selection.shape
    fields = [
        *(_given(scalar, selection.forms) for scalar in shape.scalars),
        *(_followed(snapshot, way, selection.related) for way in selection.ways),
    ]
    query = sql.SQL(
        "SELECT coalesce(json_agg(r), '[]')::text, count(*)"
        " FROM (SELECT {} FROM {} t WHERE {} ORDER BY {}) AS r"
    ).format(
        sql.SQL(", ").join(fields), snapshot.table(source or shape.table.name), condition, order_of(shape)
    )
    [[text, rows]] = await snapshot.rows(query)
    return str(text), int(rows)


def within(shape: Shape, span: Span) -> sql.Composable:
    """The condition for the rows of a span. An untyped literal takes its column's type."""
    main = _column(shape.main)
    parts: list[sql.Composable] = []
    if span.above is not None:
        parts.append(sql.SQL("{} > {}").format(main, sql.Literal(span.above)))
    if span.until is not None:
        parts.append(sql.SQL("{} <= {}").format(main, sql.Literal(span.until)))
    if span.chain is not None:
        name, chain = span.chain
        parts.append(sql.SQL("t.{} = {}").format(sql.Identifier(name), sql.Literal(chain)))
    if span.keys:
        keys = sql.SQL(", ").join(map(sql.Literal, span.keys))
        parts.append(sql.SQL("{} IN ({})").format(main, keys))
    return sql.SQL(" AND ").join(parts) if parts else sql.SQL("true")


def order_of(shape: Shape) -> sql.Composable:
    """The order of rows, with the main key first."""
    rest = [scalar for scalar in shape.key if scalar is not shape.main]
    return sql.SQL(", ").join(map(_column, (shape.main, *rest)))


def _column(scalar: Scalar, of: str = "t") -> sql.Composed:
    return sql.SQL("{}.{}").format(sql.Identifier(of), sql.Identifier(scalar.column.name))


def _given(scalar: Scalar, forms: Mapping[str, Form]) -> sql.Composable:
    """A column under its field's name, as text if its numbers come as text."""
    value = _column(scalar)
    if scalar.column.type in TEXTS and forms.get(scalar.field) is Form.TEXT:
        value = sql.SQL("{}::text").format(value)
    return sql.SQL("{} AS {}").format(value, sql.Identifier(scalar.field))


def _followed(snapshot: Snapshot, way: Way, most: int) -> sql.Composable:
    """The keys of the rows that a way leads to, as an object or a list."""
    joined = sql.SQL(" AND ").join(
        sql.SQL("o.{} = t.{}").format(sql.Identifier(theirs), sql.Identifier(ours))
        for ours, theirs in way.pairs
    )
    keys = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(_column(scalar, "o"), sql.Identifier(scalar.field)) for scalar in way.key
    )
    order = sql.SQL(", ").join(_column(scalar, "o") for scalar in way.key)
    inner = sql.SQL("SELECT {} FROM {} o WHERE {}").format(keys, snapshot.table(way.remote.name), joined)
    if not way.many:
        return sql.SQL("(SELECT row_to_json(w) FROM ({} LIMIT 1) AS w) AS {}").format(
            inner, sql.Identifier(way.field)
        )
    return sql.SQL("(SELECT coalesce(json_agg(w), '[]') FROM ({} ORDER BY {} LIMIT {}) AS w) AS {}").format(
        inner, order, sql.Literal(most), sql.Identifier(way.field)
    )
