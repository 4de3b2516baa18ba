"""Whatever is asked, the work before Postgres is bounded: counted in lines of Python, not in seconds."""

import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from belts.engine.errors import EngineError
from belts.engine.plan.budget import Heavy
from belts.engine.plan.cache import RoleSchema
from belts.engine.plan.prepared import prepare
from belts.engine.plan.requests import read_json, read_request
from belts.engine.serve.preparing import LIGHT
from belts.engine.settings import Limits
from bench.hostile.requests import Body, Subject, hostile
from tests.deep import examples
from tests.unit.engine import build

AT_ONCE, BESIDE, PER_BYTE = 120_000, 16_000_000, 12
"""Lines of Python: between two other requests (some 10 ms), beside the loop, and for each byte."""
SMALL = Limits(
    tokens=1_000,
    nodes=300,
    conditions=1_000,
    introspected=3_000,
    parameters=500,
    statement_bytes=60_000,
    value_bytes=60_000,
)
BESIDE_SMALL, LONGEST = 200_000, 30_000
SUBJECT = Subject(table="up", key="id", other="doc", many="downs", remote="down")


def schema(limits: Limits) -> RoleSchema:
    up = build.relation("up", build.column("id", "int4", not_null=True), build.column("doc", "jsonb"))
    down = build.relation("down", build.column("id", "int4", not_null=True), build.column("name"))
    found = build.role_schema(
        build.metadata(
            build.tracked("up", array_relationships=[build.manual("downs", "down", {"id": "id"})]),
            build.tracked("down", object_relationships=[build.manual("up", "up", {"id": "id"})]),
        ),
        build.catalog(up, down),
        limits=limits,
    )
    found.plan("{ up { id } __schema { types { fields { args { name } } } } }", None, {})  # what is made once
    return found


def lines(work: Callable[[], object]) -> int:
    """How many lines of Python it runs."""
    seen = 0

    def trace(_frame: FrameType, event: str, _value: object) -> Any:
        nonlocal seen
        seen += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return seen


def asked(body: Body, limits: Limits, *, light: bool) -> int:
    """What it takes up to where Postgres is asked, or to its refusal; what is made of it is in its limits."""
    of = schema(limits)

    def work() -> None:
        found = read_json(body)
        for request in found if isinstance(found, list) else [found]:
            try:
                made = prepare(of, read_request(request), {}, light=light)
            except (EngineError, Heavy):
                continue
            parts = made.parts
            assert sum(len(part.sql) for part in parts) <= limits.statement_bytes + 300 * len(parts)
            assert sum(len(value or "") for part in parts for value in part.arguments) <= limits.value_bytes
            assert sum(len(part.arguments) for part in parts) <= limits.parameters
            if light:
                break

    return lines(work)


REQUESTS = hostile(SUBJECT)


@pytest.mark.parametrize("name", [name for name, body in REQUESTS.items() if len(body) <= LIGHT])
def test_between_two_others(name: str) -> None:
    """A hostile request that is planned on the loop takes little of it."""
    assert asked(REQUESTS[name], Limits(), light=True) < AT_ONCE + PER_BYTE * len(REQUESTS[name])


@pytest.mark.deep
@pytest.mark.parametrize("name", REQUESTS)
def test_beside_the_loop(name: str) -> None:
    """Whatever it is, there is an end to what it takes."""
    body = REQUESTS[name]
    operations = json.loads(body)
    times = len(operations) if isinstance(operations, list) else 1
    assert asked(body, Limits(), light=False) < times * BESIDE + PER_BYTE * len(body)


class Text:
    """A request that is being made: its fragments, its variables, and what it asks."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.fragments: list[str] = []
        self.variables: dict[str, tuple[str, Any]] = {}

    def body(self) -> Body:
        roots = [self.root() for _ in range(self.some(1, 3))]
        times = self.much(" ".join(roots))
        asked = " ".join(f"r{n}: {root}" for n in range(times) for root in roots)
        declared = " ".join(f"${name}: {type_}" for name, (type_, _) in self.variables.items())
        head = f"query({declared})" if declared else "query"
        values = {name: value for name, (_, value) in self.variables.items()}
        return json.dumps(
            {"query": f"{head} {{ {asked} }} {' '.join(self.fragments)}", "variables": values}
        ).encode()

    def some(self, least: int, most: int) -> int:
        return self.draw(st.integers(least, most))

    def much(self, of: str = "") -> int:
        """Once, as a rule, and now and then very often; a text does not grow beyond what is sent."""
        return min(self.draw(st.sampled_from([1, 1, 1, 2, 30, 400])), 1 + LONGEST // (len(of) + 1))

    def root(self) -> str:
        match self.draw(st.sampled_from(["rows", "rows", "schema", "type"])):
            case "rows":
                return f"up({self.arguments('up')}) {{ {self.fields('up', self.some(1, 4))} }}"
            case "schema":
                return f"__schema {{ types {{ {self.types(self.some(1, 8))} }} }}"
            case _:
                return f'__type(name: "up_bool_exp") {{ {self.types(self.some(1, 8))} }}'

    def types(self, depth: int) -> str:
        if not depth:
            return "name"
        inner = self.types(depth - 1)
        way = self.draw(
            st.sampled_from(
                ["ofType {%s}", "fields {type {%s}}", "inputFields {type {%s}}", "fields {args {type {%s}}}"]
            )
        )
        return self.repeated(way % inner)

    def repeated(self, field: str) -> str:
        """The same again, as it is or under other names."""
        times = self.much(field)
        if self.draw(st.booleans()):
            return " ".join([field] * times)
        return " ".join(f"a{n}: {field}" for n in range(times))

    def fields(self, table: str, depth: int) -> str:
        parts = [self.repeated(self.draw(st.sampled_from(["id", "__typename"])))]
        if table == "up" and self.draw(st.booleans()):
            steps = "a." * self.much()
            parts.append(f'doc(path: "{steps}a")')
        if depth:
            other, way = ("down", "downs") if table == "up" else ("up", "up")
            arguments = f"({self.arguments('down')})" if way == "downs" else ""
            inner = f"{way}{arguments} {{ {self.fields(other, depth - 1)} }}"
            parts.append(self.repeated(inner))
        text = " ".join(parts)
        if self.draw(st.booleans()):
            name = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {table} {{ {text} }}")
            text = " ".join([f"...{name}"] * self.much())
        return text

    def arguments(self, table: str) -> str:
        parts = [f"where: {self.condition(table)}"]
        if self.draw(st.booleans()):
            parts.append(f"order_by: [{' '.join(['{id: asc}'] * self.much())}]")
        if self.draw(st.booleans()):
            parts.append(f"distinct_on: [{' '.join(['id'] * self.much())}]")
        return ", ".join(parts)

    def condition(self, table: str) -> str:
        """In the text or in a variable, used once or often."""
        times = self.much()
        if self.draw(st.booleans()):
            name = f"w{len(self.variables)}"
            self.variables[name] = (f"{table}_bool_exp!", self.value(table, self.some(0, 3)))
            return f"{{_and: [{' '.join([f'${name}'] * times)}]}}"
        leaf = self.draw(st.sampled_from(["{}", "{id: {_eq: 1}}", "{id: {_in: [1 2 3]}}"]))
        nested = self.much()
        return f"{'{_not: ' * nested}{{_or: [{' '.join([leaf] * times)}]}}{'}' * nested}"

    def value(self, table: str, depth: int) -> Any:
        leaf: Any = self.draw(st.sampled_from([{}, {"id": {"_eq": 1}}, {"id": {"_in": [1] * 100}}]))
        if depth and table == "up":
            leaf = {"downs": self.value("down", depth - 1)}
        elif depth:
            leaf = {"up": self.value("up", depth - 1)}
        return {"_or": [leaf] * self.much(json.dumps(leaf))}


@st.composite
def requests(draw: st.DrawFn) -> Body:
    return Text(draw).body()


@pytest.mark.long
@settings(max_examples=examples(80), deadline=None, suppress_health_check=list(HealthCheck))
@given(requests())
def test_whatever_is_made_of_small_parts(body: Body) -> None:
    """Nested, repeated, renamed, spread, reused, grown: the work is bounded, and so is what a byte adds."""
    assert asked(body, SMALL, light=False) < BESIDE_SMALL + PER_BYTE * len(body)
    if len(body) <= LIGHT:
        assert asked(body, SMALL, light=True) < AT_ONCE + PER_BYTE * len(body)
