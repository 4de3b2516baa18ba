"""The engine against an independent reckoning: random schemas, rows and queries."""

import json
import re
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from psycopg import sql

from tests.deep import examples
from tests.live.engine import oracle
from tests.live.engine.oracle import Column, Table, World
from tests.live.engine.serving import Engine, admin

pytestmark = pytest.mark.live

NUMBERS = {"int4", "int8", "numeric"}
TYPES = ("int4", "int8", "numeric", "text", "bool")
DIRECTIONS = ("asc", "desc", "asc_nulls_first", "asc_nulls_last", "desc_nulls_first", "desc_nulls_last")
TEXTS = st.text(alphabet="abB%_\"'\\ é", max_size=4)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int4": st.integers(-3, 3) | st.just(2**31 - 1),
    "int8": st.integers(-3, 3) | st.just(2**63 - 1) | st.just(2**53 + 1),
    "numeric": st.decimals(-3, 3, places=1) | st.just(Decimal(10**75 + 1)),
    "text": TEXTS,
    "bool": st.booleans(),
}
PHYSICAL = st.text(alphabet="aZ_ \"'.-%é名{}$1", min_size=1, max_size=12)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Table]:
    count = draw(st.integers(1, 3))
    physical = draw(st.lists(PHYSICAL, min_size=count, max_size=count, unique=True))
    world: dict[str, Table] = {}
    for index in range(count):
        types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=4))
        names = draw(st.lists(PHYSICAL, min_size=len(types) + 2, max_size=len(types) + 2, unique=True))
        columns = [Column("id", names[0], "int4"), Column("ref", names[1], "int4")]
        columns += [Column(f"c{n}", names[n + 2], of) for n, of in enumerate(types)]
        up = draw(st.sampled_from(sorted(world))) if world else None
        table = Table(name=f"T{index}", physical=physical[index], columns=tuple(columns), up=up)
        for number in range(draw(st.integers(0, 6))):
            row = {"id": number, "ref": draw(st.none() | st.integers(0, 5))}
            row |= {c.name: draw(st.none() | VALUES[c.type]) for c in columns[2:]}
            table.rows.append(row)
        world[table.name] = table
    return world


@st.composite
def comparisons(draw: st.DrawFn, of: str) -> dict[str, Any]:
    operators = ["_eq", "_neq", "_lt", "_lte", "_gt", "_gte", "_in", "_nin", "_is_null"]
    if of == "text":
        operators += ["_like", "_nlike", "_ilike", "_nilike"]
    found: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(operators), min_size=0, max_size=2, unique=True)):
        if name == "_is_null":
            found[name] = draw(st.booleans())
        elif name in {"_in", "_nin"}:
            found[name] = draw(st.lists(VALUES[of], max_size=3))
        elif name.endswith("like"):
            found[name] = draw(st.text(alphabet="abB%_ é", max_size=4))
        else:
            found[name] = draw(VALUES[of])
    return found


@st.composite
def wheres(draw: st.DrawFn, world: World, table: Table, depth: int = 2) -> dict[str, Any]:
    def inner(other: Table) -> dict[str, Any]:
        return draw(wheres(world, other, depth - 1)) if depth else {}

    found: dict[str, Any] = {}
    options = [column.name for column in table.columns]
    if depth:
        options += ["_and", "_or", "_not", *oracle.children(world, table)]
        options += [f"{name}_aggregate" for name in oracle.children(world, table)]
        options += ["up"] if table.up else []
    for name in draw(st.lists(st.sampled_from(options), max_size=2, unique=True)):
        if name in {"_and", "_or"}:
            found[name] = [inner(table) for _ in range(draw(st.integers(0, 2)))]
        elif name == "_not":
            found[name] = inner(table)
        elif name == "up":
            found[name] = inner(world[table.up or ""])
        elif name.endswith("_aggregate"):
            other = oracle.children(world, table)[name.removesuffix("_aggregate")]
            predicate = {draw(st.sampled_from(["_eq", "_gt", "_lt"])): draw(st.integers(0, 3))}
            found[name] = {"count": {"predicate": predicate, "filter": inner(other)}}
        elif name in oracle.children(world, table):
            found[name] = inner(oracle.children(world, table)[name])
        else:
            of = next(column.type for column in table.columns if column.name == name)
            found[name] = draw(comparisons(of))
    return found


@st.composite
def orders(draw: st.DrawFn, world: World, table: Table) -> list[Any]:
    """A total order: it ends with the key."""
    found: list[Any] = []
    for _ in range(draw(st.integers(0, 2))):
        direction = draw(st.sampled_from(DIRECTIONS))
        options = [column.name for column in table.columns]
        options += ["up"] if table.up else []
        options += [f"{name}_aggregate" for name in oracle.children(world, table)]
        name = draw(st.sampled_from(options))
        if name == "up":
            column = draw(st.sampled_from(world[table.up or ""].columns)).name
            found.append({"up": {column: direction}})
        elif name.endswith("_aggregate"):
            found.append({name: {"count": direction}})
        else:
            found.append({name: direction})
    return [*found, {"id": draw(st.sampled_from(["asc", "desc"]))}]


@st.composite
def arguments_of(draw: st.DrawFn, world: World, table: Table) -> dict[str, Any]:
    found: dict[str, Any] = {"order_by": draw(orders(world, table))}
    if draw(st.booleans()):
        found["where"] = draw(wheres(world, table))
    for name in ("limit", "offset"):
        if draw(st.booleans()):
            found[name] = draw(st.integers(0, 4))
    return found


@st.composite
def selections(draw: st.DrawFn, world: World, table: Table, depth: int = 2) -> list[Any]:
    names = [column.name for column in table.columns]
    found: list[Any] = draw(st.lists(st.sampled_from([*names, "__typename"]), min_size=1, unique=True))
    if not depth:
        return found
    if table.up and draw(st.booleans()):
        found.append(("up", {}, draw(selections(world, world[table.up], depth - 1))))
    for name, other in oracle.children(world, table).items():
        if draw(st.booleans()):
            arguments = draw(arguments_of(world, other))
            found.append((name, arguments, draw(selections(world, other, depth - 1))))
        if draw(st.booleans()):
            arguments = draw(arguments_of(world, other))
            found.append((f"{name}_aggregate", arguments, draw(functions_of(other))))
    return found


@st.composite
def functions_of(draw: st.DrawFn, table: Table) -> list[tuple[str, str]]:
    numbers = [column.name for column in table.columns if column.type in NUMBERS]
    comparable = [column.name for column in table.columns if column.type != "bool"]
    found = [("count", "")]
    for name in ("sum", "avg"):
        found += [
            (name, column) for column in draw(st.lists(st.sampled_from(numbers), max_size=2, unique=True))
        ]
    for name in ("min", "max"):
        found += [
            (name, column) for column in draw(st.lists(st.sampled_from(comparable), max_size=2, unique=True))
        ]
    return found


def written(value: Any, name: str = "") -> str:
    """A value as GraphQL spells it; directions are enum values."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(item, key)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(item, name) for item in value) + "]"
    if isinstance(value, str) and value in DIRECTIONS:
        return value
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def text_of(name: str, arguments: dict[str, Any], fields: list[Any]) -> str:
    given_ = ", ".join(f"{key}: {written(value)}" for key, value in arguments.items())
    parts = [
        item
        if isinstance(item, str)
        else _aggregate(item)
        if item[0].endswith("_aggregate")
        else text_of(*item)
        for item in fields
    ]
    return f"{name}{f'({given_})' if given_ else ''} {{ {' '.join(parts)} }}"


def _aggregate(item: tuple[str, dict[str, Any], list[tuple[str, str]]]) -> str:
    name, arguments, functions = item
    by_function: dict[str, list[str]] = {}
    for function, column in functions:
        by_function.setdefault(function, []).append(column)
    inner = " ".join(f if f == "count" else f"{f} {{ {' '.join(c)} }}" for f, c in by_function.items())
    given_ = ", ".join(f"{key}: {written(value)}" for key, value in arguments.items())
    return f"{name}{f'({given_})' if given_ else ''} {{ aggregate {{ {inner} }} }}"


def create(rows: psycopg.Connection, world: World) -> None:
    rows.execute("drop schema public cascade; create schema public")
    for table in world.values():
        columns = [
            sql.SQL("{} {}").format(sql.Identifier(c.physical), sql.SQL(c.type)) for c in table.columns
        ]
        columns.append(sql.SQL("primary key ({})").format(sql.Identifier(table.columns[0].physical)))
        rows.execute(
            sql.SQL("create table {} ({})").format(sql.Identifier(table.physical), sql.SQL(",").join(columns))
        )
        for row in table.rows:
            values = [sql.Literal(row[column.name]) for column in table.columns]
            rows.execute(
                sql.SQL("insert into {} values ({})").format(
                    sql.Identifier(table.physical), sql.SQL(",").join(values)
                )
            )


def track(engine: Engine, world: World) -> None:
    def key(table: Table, name: str) -> str:
        return next(column.physical for column in table.columns if column.name == name)

    def manual(name: str, remote: Table, ours: str, theirs: str) -> dict[str, Any]:
        configuration = {
            "remote_table": {"schema": "public", "name": remote.physical},
            "column_mapping": {ours: theirs},
        }
        return {"name": name, "using": {"manual_configuration": configuration}}

    engine.track(
        *(
            {
                "table": {"schema": "public", "name": table.physical},
                "configuration": {
                    "custom_name": table.name,
                    "column_config": {c.physical: {"custom_name": c.name} for c in table.columns},
                },
                "object_relationships": [
                    manual("up", world[table.up], key(table, "ref"), key(world[table.up], "id"))
                ]
                if table.up
                else [],
                "array_relationships": [
                    manual(name, other, key(table, "id"), key(other, "ref"))
                    for name, other in oracle.children(world, table).items()
                ],
            }
            for table in world.values()
        )
    )


def read(engine: Engine, body: dict[str, Any]) -> Any:
    response = engine.client.post("/v1/graphql", content=_exact(body), headers=admin("admin"))
    answer = json.loads(response.content, parse_float=Decimal)
    assert "errors" not in answer, answer
    return answer["data"]


def _exact(body: dict[str, Any]) -> str:
    """JSON with decimals as numbers, every digit kept."""
    held: list[str] = []

    def hold(value: Any) -> Any:
        held.append(str(value))
        return f"\0{len(held) - 1}\0"

    text = json.dumps(body, default=hold)
    return re.sub(r'"\\u0000(\d+)\\u0000"', lambda match: held[int(match.group(1))], text)


def same(found: Any, expected: Any) -> bool:
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and list(found) == list(expected)
            and all(same(found[key], value) for key, value in expected.items())
        )
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, Decimal) and found is not None:
        return abs(Decimal(found) - expected) <= abs(expected) * Decimal("1e-15") + Decimal("1e-15")
    return bool(found == expected)


@pytest.mark.long
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    print_blob=True,
)
@given(data=st.data())
def test_a_random_query_over_random_rows(
    data: st.DataObject, engine: Engine, rows: psycopg.Connection
) -> None:
    """Every answer is what the rows alone say it must be, with its values in the text and in variables."""
    world = data.draw(worlds())
    create(rows, world)
    track(engine, world)
    for _ in range(4):
        table = world[data.draw(st.sampled_from(sorted(world)))]
        arguments = data.draw(arguments_of(world, table))
        fields = data.draw(selections(world, table))
        expected = [
            oracle.selected(world, table, row, fields)
            for row in oracle.chosen(world, table, table.rows, arguments)
        ]
        text = text_of(table.name, arguments, fields)
        note(text)
        found = read(engine, {"query": f"{{ {text} }}"})[table.name]
        assert same(found, expected), (found, expected)

        inner = text_of("", {}, fields)
        types = {
            "where": f"{table.name}_bool_exp",
            "order_by": f"[{table.name}_order_by!]",
            "limit": "Int",
            "offset": "Int",
        }
        declared = ", ".join(f"${key}: {types[key]}" for key in arguments)
        given_ = ", ".join(f"{key}: ${key}" for key in arguments)
        query = f"query Q({declared}) {{ {table.name}({given_}) {inner} }}"
        found = read(engine, {"query": query, "variables": arguments})[table.name]
        assert same(found, expected), (found, expected)


@pytest.mark.long
@settings(max_examples=examples(25), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_random_aggregate_over_random_rows(
    data: st.DataObject, engine: Engine, rows: psycopg.Connection
) -> None:
    """Counts, sums, averages, least and greatest values are those of the rows that were asked for."""
    world = data.draw(worlds())
    create(rows, world)
    track(engine, world)
    for _ in range(3):
        table = world[data.draw(st.sampled_from(sorted(world)))]
        arguments = data.draw(arguments_of(world, table))
        functions = data.draw(functions_of(table))
        expected = oracle.aggregated(table, oracle.chosen(world, table, table.rows, arguments), functions)
        name = f"{table.name}_aggregate"
        text = _aggregate((name, arguments, functions))
        note(text)
        found = read(engine, {"query": f"{{ {text} }}"})[name]
        assert same(found, expected), (found, expected)
