"""Plans are remembered by text and by the shape of the variables, and never mistaken for each other."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belts.engine.errors import EngineError
from belts.engine.plan.cache import Recent, RoleSchema
from belts.engine.settings import Limits
from tests.unit.engine.build import role_schema

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


def test_values_do_not_make_plans() -> None:
    """A thousand values of one shape are one plan."""
    schema = role_schema()
    plans = {
        id(schema.plan("query Q($i: Int!) { items_by_pk(id: $i) { id } }", None, {"i": n})[0])
        for n in range(1000)
    }
    assert len(plans) == 1


def test_texts_without_end() -> None:
    """The oldest are forgotten."""
    schema = role_schema()
    for number in range(700):
        schema.plan(f"{{ a{number}: items {{ id }} }}", None, {})
    assert len(schema.texts.items) == 512


def test_what_was_used_last() -> None:
    """It is forgotten last."""
    recent: Recent[str, int] = Recent(2, most_cost=100)
    recent.put("a", 1)
    recent.put("b", 2)
    assert recent.get("a") == 1
    recent.put("c", 3)
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (1, None, 3)


def test_what_costs_most() -> None:
    """The sum of what is remembered stays under its limit, and what is too large alone is not remembered."""
    recent: Recent[int, str] = Recent(1_000, most_cost=80)
    for number in range(20):
        recent.put(number, "x", cost=10)
    assert (len(recent.items), recent.cost) == (8, 80)
    recent.put(99, "x", cost=11)
    assert recent.get(99) is None


@pytest.mark.parametrize(
    ("limits", "query", "code"),
    [
        (Limits(nodes=3), "{ items { id name a: id b: id } }", "node-limit-exceeded"),
        (Limits(nodes=3), "{ __schema { types { name kind } } }", "node-limit-exceeded"),
        (Limits(depth=2), "{ __schema { types { fields { name } } } }", "depth-limit-exceeded"),
        (Limits(depth=2), "{ items(where: {_not: {_not: {_not: {}}}}) { id } }", "depth-limit-exceeded"),
        (Limits(nodes=1), "{ " + "items " * 100 + "}", "node-limit-exceeded"),
    ],
)
def test_a_query_over_a_limit(limits: Limits, query: str, code: str) -> None:
    """It says which."""
    with pytest.raises(EngineError) as refused:
        role_schema(limits=limits).plan(query, None, {})
    assert refused.value.code == code
