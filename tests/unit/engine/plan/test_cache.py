"""Plans are remembered by text and by the shape of the variables, and never mistaken for each other."""

import copy
import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from belts.engine.errors import EngineError
from belts.engine.plan.cache import Recent, RoleSchema
from belts.engine.settings import Limits
from tests.deep import one_of_each
from tests.unit.engine.build import catalog, column, relation, role_schema

QUERY = """
query Q($w: items_bool_exp!, $d: order_by = asc, $l: Int, $yes: Boolean = true, $ids: [Int!]) {
  items(where: {_and: [$w, {id: {_in: $ids}}]}, order_by: {id: $d}, limit: $l) { id name @include(if: $yes) }
}
"""
CONDITIONS: st.SearchStrategy[Any] = st.recursive(
    st.fixed_dictionaries({"id": st.fixed_dictionaries({"_eq": st.integers(0, 5)})})
    | st.fixed_dictionaries({"name": st.fixed_dictionaries({"_is_null": st.booleans()})})
    | st.just({}),
    lambda inner: (
        st.fixed_dictionaries({"_and": st.lists(inner, max_size=2)}) | st.fixed_dictionaries({"_not": inner})
    ),
    max_leaves=4,
)
VARIABLES = st.fixed_dictionaries(
    {"w": CONDITIONS, "ids": st.lists(st.integers(0, 9), max_size=3)},
    optional={"d": st.sampled_from(["asc", "desc"]), "l": st.integers(0, 9), "yes": st.booleans()},
)


@settings(max_examples=25, deadline=None)
@given(st.lists(VARIABLES, min_size=2, max_size=5))
def test_a_remembered_plan(requests: list[dict[str, Any]]) -> None:
    """It is the plan that would be made anew for these variables."""
    shared = role_schema()
    for variables in requests:
        found, values = shared.plan(QUERY, None, variables)
        anew = RoleSchema(shared.model, shared.schema, shared.limits, stringify=False)
        fresh, _ = anew.plan(QUERY, None, variables)
        assert [root.sql for root in found.roots] == [root.sql for root in fresh.roots]
        binds = [[bind(values, {}) for bind in root.binds] for root in found.roots]
        assert binds == [[bind(values, {}) for bind in root.binds] for root in fresh.roots]


# Columns that are called as the parts of a shape could be.
WORDS = ("id", "name", "one", "many", "absent", "word", "object", "value", "unknown", "None", "not a word")
NAMED = """
query Q($d: [items_select_column!], $by: order_by, $o: [items_order_by!], $w: items_bool_exp) {
  items(distinct_on: $d, order_by: $o, where: $w) { id }
  other: items(order_by: {id: $by}) { id }
}
"""
COLUMNS = [column(name, not_null=name == "id") for name in WORDS if name.isidentifier()]
WORD = st.sampled_from(WORDS) | st.sampled_from(["asc", "desc"]) | st.none() | st.booleans()
ORDER = st.dictionaries(st.sampled_from(WORDS), WORD, max_size=2) | WORD
WHERE = st.dictionaries(
    st.sampled_from(WORDS),
    st.dictionaries(
        st.sampled_from(["_is_null", "_eq", "_in"]), WORD | st.lists(WORD, max_size=2), max_size=2
    )
    | WORD,
    max_size=2,
)
WORDY = st.fixed_dictionaries(
    {},
    optional={
        "d": WORD | st.lists(WORD, max_size=3),
        "by": WORD,
        "o": ORDER | st.lists(ORDER, max_size=3),
        "w": WHERE | st.fixed_dictionaries({"_and": WHERE | st.lists(WHERE, max_size=2)}),
    },
)


def outcome(schema: RoleSchema, variables: dict[str, Any]) -> Any:
    """The SQL, or the words of the refusal."""
    try:
        return [root.sql for root in schema.plan(NAMED, None, variables)[0].roots]
    except EngineError as error:
        return error.message


@settings(max_examples=40, deadline=None)
@example([{"d": "name"}, {"d": ["one", "name"]}])
@example([{}, {"by": "absent"}])
@example([{"o": {"id": "asc"}}, {"o": [{"id": "asc"}]}, {"o": ["object", {"id": "asc"}]}])
@given(st.lists(WORDY, min_size=2, max_size=12))
def test_only_what_is_planned_alike_has_one_shape(requests: list[dict[str, Any]]) -> None:
    """Whatever was asked before, and whatever columns are called, each request gets its own plan."""
    shared = role_schema(over=catalog(relation("items", *COLUMNS)))
    for variables in requests:
        anew = RoleSchema(shared.model, shared.schema, shared.limits, stringify=False)
        assert outcome(shared, variables) == outcome(anew, variables)


def test_values_do_not_make_plans() -> None:
    """A thousand values of one shape are one plan."""
    schema = role_schema()
    plans = {
        id(schema.plan("query Q($i: Int!) { items_by_pk(id: $i) { id } }", None, {"i": n})[0])
        for n in range(1000)
    }
    assert len(plans) == 1


CONDITION = {"_or": [{"id": {"_eq": 1}}] * 50}
KINDS: dict[str, Callable[[int], tuple[str, dict[str, Any]]]] = {
    "the same field again": lambda n: (f"{{ a{n}: items {{ {'id ' * 300} }} }}", {}),
    "many names": lambda n: (f"{{ a{n}: items {{ {' '.join(f'a{i}: id' for i in range(200))} }} }}", {}),
    "many roots": lambda n: ("{" + " ".join(f"a{n}_{i}: items {{ id }}" for i in range(100)) + "}", {}),
    "conditions in a variable": lambda n: (
        f"query($w: items_bool_exp!) {{ a{n}: items(where: $w) {{ id }} }}",
        {"w": CONDITION},
    ),
    "shapes of one variable": lambda n: (
        "query($w: items_bool_exp!) { items(where: $w) { id } }",
        {"w": {"_and": [CONDITION] + [{}] * n}},
    ),
    "long values": lambda n: (f'{{ a{n}: items(where: {{name: {{_eq: "{"k" * 9_000}"}}}}) {{ id }} }}', {}),
    "listed values": lambda n: (
        f"{{ a{n}: items(where: {{id: {{_in: [{' '.join(map(str, range(200)))}]}}}}) {{ id }} }}",
        {},
    ),
    "the schema": lambda n: (f"{{ a{n}: __schema {{ types {{ name fields {{ name }} }} }} }}", {}),
    "declarations": lambda n: (
        f"query({' '.join(f'$v{i}: Int' for i in range(300))}) {{ a{n}: items {{ id }} }}",
        {},
    ),
}


@pytest.mark.parametrize("kind", one_of_each(KINDS))
def test_texts_without_end(kind: str) -> None:
    """What is remembered is counted in the bytes that it takes, and the oldest of it is forgotten."""
    schema = role_schema()
    schema.plan("{ items { id } }", None, {})
    caches = (schema.texts, schema.plans, schema.introspections)
    for cache in caches:
        cache.most //= 32
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(40):
            text, variables = KINDS[kind](number)
            schema.plan(text, None, copy.deepcopy(variables))
        del text, variables
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    counted = sum(cache.held for cache in caches)
    assert counted <= sum(cache.most for cache in caches)
    assert held < 1.5 * counted + 100_000


def test_what_was_used_last() -> None:
    """It is forgotten last."""
    recent: Recent[str, int] = Recent(30)
    recent.put("a", 1, size=10)
    recent.put("b", 2, size=10)
    recent.put("d", 4, size=10)
    assert recent.get("a") == 1
    recent.put("c", 3, size=10)
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (1, None, 3)


def test_what_costs_most() -> None:
    """The sum of what is remembered stays under its limit, and what is too large alone is not remembered."""
    recent: Recent[int, str] = Recent(80)
    for number in range(20):
        recent.put(number, "x", size=10)
    assert (len(recent.items), recent.held) == (8, 80)
    recent.put(99, "x", size=27)
    assert recent.get(99) is None


def test_what_is_remembered_again() -> None:
    """Two that plan the same at once remember one."""
    recent: Recent[str, int] = Recent(80)
    recent.put("a", 1, size=10)
    recent.put("a", 2, size=20)
    assert (recent.get("a"), recent.held) == (2, 20)


def test_a_type_named_by_a_variable() -> None:
    """What the schema says of one type is not answered for another."""
    schema, text = role_schema(), "query($n: String!) { __type(name: $n) { name } }"
    for name in ("items", "order_by"):
        plan, _ = schema.plan(text, None, {"n": name})
        assert plan.roots[0].constant == f'{{"name":"{name}"}}'.encode()


@pytest.mark.parametrize(
    ("limits", "query", "code"),
    [
        (Limits(nodes=3), "{ items { id name a: id b: id } }", "node-limit-exceeded"),
        (Limits(nodes=3), "{ __schema { types { name kind } } }", "node-limit-exceeded"),
        (Limits(depth=2), "{ __schema { types { fields { name } } } }", "depth-limit-exceeded"),
        (Limits(depth=2), "{ items(where: {_not: {_not: {_not: {}}}}) { id } }", "depth-limit-exceeded"),
        (Limits(nodes=1), "{ " + "items " * 100 + "}", "node-limit-exceeded"),
        (Limits(tokens=10), "{ items { id id id id id id } }", "token-limit-exceeded"),
        (Limits(tokens=10), "{ items { id } }" + "#" * 11, "token-limit-exceeded"),
        (
            Limits(conditions=9),
            "{ items(where: {_or: [{} {} {} {} {} {} {} {}]}) { id } }",
            "condition-limit-exceeded",
        ),
        (Limits(parameters=1), "{ items(limit: 1, offset: 1) { id } }", "parameter-limit-exceeded"),
        (
            Limits(statement_bytes=300),
            "{ items(where: {" + "_not: {" * 20 + "}" * 20 + "}) { id } }",
            "statement-limit-exceeded",
        ),
        (
            Limits(value_bytes=9),
            '{ items(where: {name: {_eq: "0123456789"}}) { id } }',
            "value-limit-exceeded",
        ),
        (Limits(introspected=9), "{ __schema { types { name } } }", "introspection-limit-exceeded"),
    ],
)
def test_a_query_over_a_limit(limits: Limits, query: str, code: str) -> None:
    """It says which."""
    with pytest.raises(EngineError) as refused:
        role_schema(limits=limits).plan(query, None, {})
    assert refused.value.code == code
    assert "expected at most" in refused.value.message or "nested deeper" in refused.value.message
