"""What tools ask of the schema is answered as the reference does; what multiplies is refused."""

# ruff: noqa: E501 -- queries are kept in one piece

import json
from typing import Any

import pytest
from graphql import build_client_schema, execute_sync, get_introspection_query, parse, print_schema

from belts.engine.errors import EngineError
from belts.engine.plan.cache import RoleSchema
from belts.engine.plan.introspect import said_in_full
from belts.engine.settings import Limits
from tests.unit.engine import build

CLASSIC = """
query IntrospectionQuery {
  __schema { queryType { name } mutationType { name } subscriptionType { name }
    types { ...FullType } directives { name description locations args { ...InputValue } } } }
fragment FullType on __Type { kind name description
  fields(includeDeprecated: true) { name description args { ...InputValue } type { ...TypeRef }
    isDeprecated deprecationReason }
  inputFields { ...InputValue } interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }
"""
TOOLS = {
    "graphql-core": get_introspection_query(),
    "graphql-core with every option": get_introspection_query(
        descriptions=True,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        experimental_directive_deprecation=True,
        one_of=True,
        input_value_deprecation=True,
    ),
    "GraphiQL and Apollo": CLASSIC,
    "the types of fields": "{ __schema { types { name fields { name type { name } args { name } } } } }",
    "one type": '{ t: __type(name: "items") { __typename n: name fields { name } } none: __type(name: "x") { name } }',
    "both in one": "{ __schema { queryType { name } } a: __schema { types { kind } } }",
    "a part left out": "query($no: Boolean = false) { __schema { queryType { name @include(if: $no) kind } } }",
}


def schema(limits: Limits | None = None) -> RoleSchema:
    parent = build.relation(
        "parents", build.column("id", "int4", not_null=True), build.column("doc", "jsonb")
    )
    child = build.manual("items", "items", {"id": "id"})
    return build.role_schema(
        build.metadata(build.tracked("items"), build.tracked("parents", array_relationships=[child])),
        build.catalog(build.relation("items"), parent),
        limits=limits,
    )


def answer(of: RoleSchema, text: str, variables: dict[str, Any] | None = None) -> Any:
    plan, _ = of.plan(text, None, variables or {})
    return {json.loads(root.label[:-1]): json.loads(root.constant or b"null") for root in plan.roots}


@pytest.mark.parametrize("tool", TOOLS)
def test_what_tools_ask(tool: str) -> None:
    """It is answered as the reference answers it."""
    of = schema()
    assert answer(of, TOOLS[tool]) == execute_sync(of.schema, parse(TOOLS[tool])).data


def test_a_schema_made_of_it() -> None:
    """It is the schema that is served."""
    of = schema()
    assert print_schema(build_client_schema(answer(of, get_introspection_query()))) == print_schema(of.schema)


def test_what_is_asked_again() -> None:
    """It is not made again, and is found however the plans of others come and go."""
    of = schema()
    first, _ = of.plan(get_introspection_query(), None, {})
    of.plans.most = 0
    of.plan("{ items { id } }", None, {})
    assert of.plan(get_introspection_query(), None, {})[0] is first


@pytest.mark.parametrize(
    "text",
    [
        "{ __schema { types { inputFields { type { inputFields { type { inputFields { name } } } } } } } }",
        "{ __schema { types { fields { args { type { inputFields { name } } } } } } }",
        "{ __schema { queryType { fields { type { fields { type { fields { args { name } } } } } } } } }",
        '{ __type(name: "items") { fields { args { type { inputFields { type { inputFields { name } } } } } } } }',
        "{ __schema { types { ...T } } } fragment T on __Type { fields { type { fields { type { fields { name } } } } } }",
    ],
)
def test_lists_within_lists(text: str) -> None:
    """Three are what tools need; each more multiplies the answer."""
    with pytest.raises(EngineError) as refused:
        answer(schema(), text)
    assert refused.value.code == "depth-limit-exceeded"
    assert refused.value.message.endswith("expected at most 3, seen 4")


@pytest.mark.parametrize("tool", TOOLS)
def test_all_that_a_schema_says(tool: str) -> None:
    """It may be asked for once, in whatever words tools have for it; twice as much may not."""
    most = said_in_full(schema().schema)
    assert answer(schema(Limits(introspected=most)), TOOLS[tool])
    if tool == "graphql-core with every option":
        with pytest.raises(EngineError, match="fields in what it asks of the schema"):
            answer(schema(Limits(introspected=most // 3)), TOOLS[tool])


def test_an_answer_that_grows_in_width() -> None:
    """What is asked under many names is counted under each."""
    names = " ".join(f"a{n}: types {{ fields {{ args {{ name }} }} }}" for n in range(100))
    with pytest.raises(EngineError) as refused:
        answer(schema(Limits(introspected=5_000)), f"{{ __schema {{ {names} }} }}")
    assert refused.value.code == "introspection-limit-exceeded"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{ __type(name: 1) { name } }", "expected a value for type 'String', but found another"),
        ("{ __type(name: null) { name } }", "unexpected null value for type 'String!'"),
        ("{ __type { name } }", "missing required field 'name'"),
        ("{ __schema { types(x: 1) { name } } }", "'types' has no argument named 'x'"),
        ("{ __schema { nope } }", "field 'nope' not found in type: '__Schema'"),
    ],
)
def test_a_question_that_does_not_fit(text: str, message: str) -> None:
    """It is refused in Hasura's words."""
    with pytest.raises(EngineError) as refused:
        answer(schema(), text)
    assert refused.value.message == message
