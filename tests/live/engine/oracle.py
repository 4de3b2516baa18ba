"""What a query must answer, worked out in Python from the rows alone: no SQL, nothing of the engine's."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

Row = Mapping[str, Any]
Truth = bool | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its GraphQL name, its physical name, its SQL type."""

    name: str
    physical: str
    type: str


@dataclass(slots=True)
class Table:
    """A table with its rows; `up` is the name of the table that `ref` leads to."""

    name: str
    physical: str
    columns: tuple[Column, ...]
    up: str | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)


World = Mapping[str, Table]


def children(world: World, table: Table) -> dict[str, Table]:
    """The array relationships of a table, by field."""
    return {f"down_{other.name}": other for other in world.values() if other.up == table.name}


def all_of(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    return False if False in found else None if None in found else True


def any_of(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    return True if True in found else None if None in found else False


def negated(truth: Truth) -> Truth:
    return None if truth is None else not truth


def like(value: str, pattern: str) -> bool:
    parts = (".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern)
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "_eq": lambda a, b: a == b,
    "_neq": lambda a, b: a != b,
    "_lt": lambda a, b: a < b,
    "_lte": lambda a, b: a <= b,
    "_gt": lambda a, b: a > b,
    "_gte": lambda a, b: a >= b,
    "_in": lambda a, b: a in b,
    "_nin": lambda a, b: a not in b,
    "_like": like,
    "_nlike": lambda a, b: not like(a, b),
    "_ilike": lambda a, b: like(a.lower(), b.lower()),
    "_nilike": lambda a, b: not like(a.lower(), b.lower()),
}


def compared(value: Any, operators: Mapping[str, Any]) -> Truth:
    def one(name: str, operand: Any) -> Truth:
        if name == "_is_null":
            return (value is None) is operand
        if value is None:
            # x = ANY ('{}') is false and x <> ALL ('{}') is true, whatever x is.
            return name == "_nin" if name in {"_in", "_nin"} and not operand else None
        return _COMPARE[name](value, operand)

    return all_of(one(name, operand) for name, operand in operators.items())


def holds(world: World, table: Table, row: Row, where: Mapping[str, Any]) -> Truth:
    def one(name: str, value: Any) -> Truth:
        if name == "_and":
            return all_of(holds(world, table, row, item) for item in value)
        if name == "_or":
            return any_of(holds(world, table, row, item) for item in value)
        if name == "_not":
            return negated(holds(world, table, row, value))
        if name == "up":
            return any(holds(world, other, r, value) is True for other, r in above(world, table, row))
        related = children(world, table)
        if name.endswith("_aggregate"):
            other = related[name.removesuffix("_aggregate")]
            counted = [
                r
                for r in below(other, row)
                if holds(world, other, r, value["count"].get("filter", {})) is True
            ]
            return compared(len(counted), value["count"]["predicate"])
        if name in related:
            other = related[name]
            return any(holds(world, other, r, value) is True for r in below(other, row))
        return compared(row[name], value)

    return all_of(one(name, value) for name, value in where.items())


def above(world: World, table: Table, row: Row) -> list[tuple[Table, Row]]:
    other = world[table.up or ""]
    return [(other, r) for r in other.rows if row["ref"] is not None and r["id"] == row["ref"]]


def below(other: Table, row: Row) -> list[dict[str, Any]]:
    return [r for r in other.rows if r["ref"] is not None and r["ref"] == row["id"]]


def order_value(world: World, table: Table, row: Row, key: Mapping[str, Any]) -> tuple[Any, str]:
    """The value that an order_by object with one key sorts by, and its direction."""
    ((name, inner),) = key.items()
    if name == "up":
        found = above(world, table, row)
        if not found:
            direction = inner
            while isinstance(direction, dict):
                (direction,) = direction.values()
            return None, direction
        return order_value(world, found[0][0], found[0][1], inner)
    if name.endswith("_aggregate"):
        other = children(world, table)[name.removesuffix("_aggregate")]
        return len(below(other, row)), inner["count"]
    return row[name], inner


def ordered(world: World, table: Table, rows: list[dict[str, Any]], keys: list[Any]) -> list[dict[str, Any]]:
    def compare(a: Row, b: Row) -> int:
        for key in keys:
            (x, direction), (y, _) = order_value(world, table, a, key), order_value(world, table, b, key)
            if x == y:
                continue
            descending = direction.startswith("desc")
            nulls_first = direction.endswith("nulls_first") or direction == "desc"
            if x is None or y is None:
                return (-1 if x is None else 1) * (1 if nulls_first else -1)
            return (-1 if x < y else 1) * (-1 if descending else 1)
        return 0

    return sorted(rows, key=cmp_to_key(compare))


def chosen(
    world: World, table: Table, rows: list[dict[str, Any]], arguments: Mapping[str, Any]
) -> list[dict[str, Any]]:
    found = [r for r in rows if holds(world, table, r, arguments.get("where", {})) is True]
    found = ordered(world, table, found, arguments.get("order_by", []))
    found = found[arguments.get("offset", 0) :]
    return found[: arguments["limit"]] if "limit" in arguments else found


def selected(world: World, table: Table, row: Row, fields: list[Any]) -> dict[str, Any]:
    """`fields` holds column names and (key, arguments, fields) of relationships."""
    found: dict[str, Any] = {}
    for item in fields:
        if isinstance(item, str):
            found[item] = table.name if item == "__typename" else row[item]
            continue
        name, arguments, inner = item
        if name == "up":
            parents = above(world, table, row)
            found[name] = selected(world, *parents[0], inner) if parents else None
        elif name.endswith("_aggregate"):
            other = children(world, table)[name.removesuffix("_aggregate")]
            found[name] = aggregated(other, chosen(world, other, below(other, row), arguments), inner)
        else:
            other = children(world, table)[name]
            rows = chosen(world, other, below(other, row), arguments)
            found[name] = [selected(world, other, r, inner) for r in rows]
    return found


def aggregated(table: Table, rows: list[dict[str, Any]], functions: list[tuple[str, str]]) -> dict[str, Any]:
    """`functions` holds (function, column); the function `count` counts a column's values or all rows."""
    found: dict[str, Any] = {}
    for function, column in functions:
        values = [r[column] for r in rows if r[column] is not None] if column else rows
        if function == "count":
            found["count"] = len(rows)
        else:
            found.setdefault(function, {})[column] = _FUNCTIONS[function](values) if values else None
    return {"aggregate": found}


_FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "sum": sum,
    "min": min,
    "max": max,
    "avg": lambda values: Decimal(sum(values)) / len(values),
}
