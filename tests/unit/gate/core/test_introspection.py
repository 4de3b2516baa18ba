"""What an introspection describes is made once, and is never that of another one."""

from copy import deepcopy
from typing import Any

import pytest
from graphql import GraphQLError, build_schema, introspection_from_schema

from gate.schema.introspection import described


def introspection(sdl: str) -> dict[str, Any]:
    """The answer of a server that has this schema."""
    return dict(introspection_from_schema(build_schema(sdl)))


def test_the_same() -> None:
    """Two answers that say the same describe one schema, made once."""
    one = introspection("type Query { a: Int }")
    assert described(one) is described(deepcopy(one))


def test_a_field_more() -> None:
    """Whatever they differ in, two answers describe two schemas."""
    one, two = introspection("type Query { a: Int }"), introspection("type Query { a: Int, b: Int }")
    roots = [described(each).query_type for each in (one, two, one)]
    assert [sorted(root.fields) for root in roots if root] == [["a"], ["a", "b"], ["a"]]


def test_an_answer_that_has_changed() -> None:
    """A document that somebody changes afterwards does not describe what it described before."""
    one = introspection("type Query { a: Int }")
    before = described(one)
    one["__schema"]["types"][0]["fields"][0]["name"] = "renamed"
    assert described(one) is not before


@pytest.mark.parametrize(
    "answer", [{}, {"__schema": {}}, {"__schema": None}, {"__schema": {"types": 3}}, {1: 2}]
)
def test_no_introspection(answer: Any) -> None:
    """What describes nothing is refused each time it is asked about."""
    for _ in range(2):
        with pytest.raises((GraphQLError, KeyError, TypeError, ValueError)):
            described(answer)
