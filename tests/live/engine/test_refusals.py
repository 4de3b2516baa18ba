"""Wrong and hostile requests: each gets Hasura's error, nothing of the database's inside, and the next is served."""

# ruff: noqa: E501, ISC004 -- queries, bodies and messages are kept in one piece

import json
import socket
from collections.abc import Callable

import psycopg
import pytest

from tests.live.engine.serving import SECRET, Engine, table

pytestmark = pytest.mark.live


@pytest.fixture(scope="module", autouse=True)
def items(rows: psycopg.Connection, engine: Engine) -> None:
    rows.execute(
        """
        create type mood as enum ('sad', 'it''s "ok"');
        create table items (id int primary key, big bigint, amount numeric, name text, tags text[], doc jsonb,
                            mood mood, at timestamptz, flag boolean, token uuid, raw json);
        insert into items (id, name, doc, tags, mood) values (1, 'one', '{"a": [1, {"b": 2}]}', '{x}', 'sad');
        """
    )
    engine.track(table("items", public={"limit": 10}))


@pytest.fixture(autouse=True)
def served_next(engine: Engine) -> object:
    """Whatever a test did, the request after it is answered, and the log has no traceback of it."""
    before = engine.log.stat().st_size
    yield
    assert engine.data("{ items_by_pk(id: 1) { name } }") == {"items_by_pk": {"name": "one"}}
    assert "Traceback" not in engine.log.read_text()[before:]


VALIDATION = "validation-failed"
PARSE = "parse-failed"
DATA = "data-exception"
ITEMS = "$.selectionSet.items"


@pytest.mark.parametrize(
    ("query", "code", "path", "message"),
    [
        ("{", VALIDATION, "$.query", "not a valid graphql query"),
        ("", VALIDATION, "$.query", "not a valid graphql query"),
        ("type T { a: Int }", VALIDATION, "$.query", "not a valid graphql query"),
        (
            "{ nope { id } }",
            VALIDATION,
            "$.selectionSet.nope",
            "field 'nope' not found in type: 'query_root'",
        ),
        (
            "{ items { nope } }",
            VALIDATION,
            f"{ITEMS}.selectionSet.nope",
            "field 'nope' not found in type: 'items'",
        ),
        ("{ items }", VALIDATION, f"{ITEMS}.selectionSet", "missing selection set for 'items'"),
        (
            "{ items { id { x } } }",
            VALIDATION,
            f"{ITEMS}.selectionSet.id",
            "unexpected subselection set for non-object field",
        ),
        ("{ items(nope: 1) { id } }", VALIDATION, ITEMS, "'items' has no argument named 'nope'"),
        ("{ items { id(x: 1) } }", VALIDATION, f"{ITEMS}.selectionSet.id", "'id' has no argument named 'x'"),
        (
            "{ items(where: {name: {_ne: 1}}) { id } }",
            VALIDATION,
            f"{ITEMS}.args.where.name._ne",
            "field '_ne' not found in type: 'String_comparison_exp'",
        ),
        (
            "{ items(where: {_and: [{}, {x: {}}]}) { id } }",
            VALIDATION,
            f"{ITEMS}.args.where._and[1].x",
            "field 'x' not found in type: 'items_bool_exp'",
        ),
        (
            "{ items(where: {name: {_eq: 5}}) { id } }",
            PARSE,
            f"{ITEMS}.args.where.name._eq",
            "parsing Text failed, expected String, but encountered Number",
        ),
        (
            "{ items(where: {name: {_eq: null}}) { id } }",
            VALIDATION,
            f"{ITEMS}.args.where.name._eq",
            "unexpected null value for type 'String'",
        ),
        (
            "{ items(where: {id: {_eq: 3000000000}}) { id } }",
            PARSE,
            f"{ITEMS}.args.where.id._eq",
            "The value 3.0e9 lies outside the bounds or is not an integer. "
            "Maybe it is a float, or is there integer overflow?",
        ),
        (
            "{ items(where: {big: {_eq: 9223372036854775808}}) { id } }",
            PARSE,
            f"{ITEMS}.args.where.big._eq",
            "The value 9.223372036854775808e18 lies outside the bounds or is not an integer. "
            "Maybe it is a float, or is there integer overflow?",
        ),
        (
            '{ items(where: {big: {_eq: "9223372036854775808"}}) { id } }',
            DATA,
            "$",
            'value "9223372036854775808" is out of range for type bigint',
        ),
        (
            '{ items(where: {id: {_eq: "x"}}) { id } }',
            DATA,
            "$",
            'invalid input syntax for type integer: "x"',
        ),
        (
            '{ items(where: {mood: {_eq: "glad"}}) { id } }',
            DATA,
            "$",
            'invalid input value for enum mood: "glad"',
        ),
        (
            "{ items(where: {mood: {_eq: 1}}) { id } }",
            PARSE,
            f"{ITEMS}.args.where.mood._eq",
            "A string is expected for type: mood",
        ),
        (
            '{ items(where: {name: {_regex: "("}}) { id } }',
            DATA,
            "$",
            "invalid regular expression: parentheses () not balanced",
        ),
        (
            '{ items(where: {name: {_eq: "a\\u0000b"}}) { id } }',
            DATA,
            "$",
            'invalid byte sequence for encoding "UTF8": 0x00',
        ),
        (
            '{ items(where: {at: {_gt: "never"}}) { id } }',
            DATA,
            "$",
            'invalid input syntax for type timestamp with time zone: "never"',
        ),
        (
            "{ items(order_by: {id: up}) { id } }",
            VALIDATION,
            f"{ITEMS}.args.order_by[0].id",
            "expected one of the values ['asc', 'asc_nulls_first', 'asc_nulls_last', 'desc', 'desc_nulls_first', "
            "'desc_nulls_last'] for type 'order_by', but found 'up'",
        ),
        (
            '{ items(order_by: {id: "asc"}) { id } }',
            VALIDATION,
            f"{ITEMS}.args.order_by[0].id",
            "expected an enum value for type 'order_by', but found a string",
        ),
        (
            "{ items(limit: -1) { id } }",
            VALIDATION,
            f"{ITEMS}.args.limit",
            "expected a non-negative 32-bit integer for type 'Int', but found an integer",
        ),
        (
            '{ items(limit: "1") { id } }',
            VALIDATION,
            f"{ITEMS}.args.limit",
            "expected a non-negative 32-bit integer for type 'Int', but found a string",
        ),
        (
            "{ items(distinct_on: [name], order_by: {id: asc}) { id } }",
            VALIDATION,
            f"{ITEMS}.args",
            '"distinct_on" columns must match initial "order_by" columns',
        ),
        (
            "{ items(where: {amount: {_eq: 1e99999999999999999999}}) { id } }",
            PARSE,
            "$.query",
            "a number's exponent is too large",
        ),
        (
            "{ items(where: {id: {_eq: 1e999999999}}) { id } }",
            PARSE,
            f"{ITEMS}.args.where.id._eq",
            "The value 1.0e999999999 lies outside the bounds or is not an integer. "
            "Maybe it is a float, or is there integer overflow?",
        ),
        (
            "{ items(where: {amount: {_eq: 1e999999}}) { id } }",
            DATA,
            "$",
            "value overflows numeric format",
        ),
        (
            "{ items_by_pk { id } }",
            VALIDATION,
            "$.selectionSet.items_by_pk.args.id",
            "missing required field 'id'",
        ),
        (
            "{ items { a: id a: name } }",
            VALIDATION,
            f"{ITEMS}.selectionSet",
            "selection of both 'id' and 'name' specify the same response name, 'a'",
        ),
        (
            "{ a: items(limit: 1) { id } a: items(limit: 2) { id } }",
            VALIDATION,
            "$.selectionSet",
            "inconsistent arguments between multiple selections of field 'items'",
        ),
        (
            "fragment a on items { ...b } fragment b on items { ...a } { items { ...a } }",
            VALIDATION,
            "$.selectionSet",
            'the fragment definition(s) "a" and "b" form a cycle',
        ),
        (
            "fragment a on items { raw ...a } { items { ...a } }",
            VALIDATION,
            "$.selectionSet",
            'the fragment definition(s) "a" form a cycle',
        ),
        ("{ items { ...nope } }", VALIDATION, "$.selectionSet", 'reference to undefined fragment "nope"'),
        (
            "query a { items { id } } query b { items { id } }",
            VALIDATION,
            "$",
            "exactly one operation has to be present in the document when operationName is not specified",
        ),
        (
            "{ items { id @nope } }",
            VALIDATION,
            f"{ITEMS}.selectionSet",
            "directive 'nope' is not defined in the schema",
        ),
        (
            "{ items { id @include } }",
            VALIDATION,
            f"{ITEMS}.selectionSet.include.args.if",
            "missing required field 'if'",
        ),
        ("{ items(where: {id: {_eq: $x}}) { id } }", VALIDATION, "$", 'unbound variable "x"'),
        ("mutation { items { id } }", VALIDATION, "$", "no mutations exist"),
        (
            "subscription { items { id } }",
            "unexpected",
            "$",
            "subscriptions are not supported over HTTP, use websockets instead",
        ),
        (
            '{ items { doc(path: "[") } }',
            VALIDATION,
            f"{ITEMS}.selectionSet.doc.args.path",
            "parse json path error: invalid path at '['",
        ),
        (
            "{ __schema { nope } }",
            VALIDATION,
            "$.selectionSet.__schema.selectionSet.nope",
            "field 'nope' not found in type: '__Schema'",
        ),
    ],
)
def test_a_query_that_does_not_fit(engine: Engine, query: str, code: str, path: str, message: str) -> None:
    """The code, the path and the words are Hasura's."""
    assert engine.error(query) == (code, path, message)


@pytest.mark.parametrize(
    ("declared", "value", "message"),
    [
        ("$x: Int!", {}, 'expecting a value for non-nullable variable: "x"'),
        ("$x: Int!", {"x": None}, 'null value found for non-nullable type: "Int!"'),
        ("$x: String", {"x": "1"}, "variable 'x' is declared as 'String', but used where 'Int' is expected"),
        ("$x: [Int]", {"x": 1}, "variable 'x' is declared as '[Int]', but used where 'Int' is expected"),
        ("$x: Int, $x: Int", {"x": 1}, 'multiple definitions for variable "x"'),
        ("$x: Int", {"x": 1, "y": 2}, "unexpected variables in variableValues: y"),
        ("$x: Int", {"x": None}, "unexpected null value for type 'Int'"),
        (
            "$x: Int",
            {"x": {"a": 1}},
            "parsing Integer expected for input type: PGInteger failed, expected Number, but encountered Object",
        ),
        (
            "$x: Int",
            {"x": 1.5},
            "The value 1.5 lies outside the bounds or is not an integer. Maybe it is a float, or is there integer overflow?",
        ),
        (
            "$x: Int",
            {"x": True},
            "parsing Integer expected for input type: PGInteger failed, expected Number, but encountered Boolean",
        ),
    ],
)
def test_a_variable_that_does_not_fit(
    engine: Engine, declared: str, value: dict[str, object], message: str
) -> None:
    """A variable is checked where it is declared and where it is used."""
    query = f"query Q({declared}) {{ items(where: {{id: {{_eq: $x}}}}) {{ id }} }}"
    assert engine.error(query, value)[2] == message


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"{", "invalid-json", "invalid JSON in the request's body"),
        (b"\xff\xfe", "invalid-json", "invalid JSON in the request's body"),
        (b"", "invalid-json", "invalid JSON in the request's body"),
        (b'{"query": NaN}', "invalid-json", "invalid JSON in the request's body"),
        (b'{"query": 1e99999999999999999999}', "invalid-json", "invalid JSON in the request's body"),
        (b"1", "parse-failed", "a GraphQL request is a JSON object"),
        (b"{}", "parse-failed", "the key 'query' was not present"),
        (b'{"query": 1}', "parse-failed", "'query' is a string"),
        (b'{"query": "{a}", "variables": []}', "parse-failed", "'variables' is an object"),
        (b'{"query": "{a}", "operationName": 1}', "parse-failed", "'operationName' is a string"),
        (b"[" * 100_000, "invalid-json", "invalid JSON in the request's body"),
    ],
)
def test_a_body_that_is_no_request(engine: Engine, body: bytes, code: str, message: str) -> None:
    """It is refused as GraphQL clients can read it."""
    answer = engine.client.post("/v1/graphql", content=body, headers={"x-hasura-admin-secret": SECRET})
    assert answer.status_code == 200
    (error,) = answer.json()["errors"]
    assert (error["extensions"]["code"], error["message"]) == (code, message)


def test_a_query_of_ten_megabytes(engine: Engine) -> None:
    """It is refused by its size, with 413, before it is read."""
    answer = engine.raw({"query": "{ items { id } }" + " " * 10_000_000})
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["code"] == "body-limit-exceeded"


@pytest.mark.parametrize(
    ("number", "limit", "what", "seen"),
    [(6_000, "node", "5000 nodes", 5_001), (20_000, "token", "50000 tokens in its text", 50_001)],
)
def test_thousands_of_aliases(engine: Engine, number: int, limit: str, what: str, seen: int) -> None:
    """The limit that they are over says so."""
    aliases = " ".join(f"a{n}: id" for n in range(number))
    code, _, message = engine.error(f"{{ items {{ {aliases} }} }}")
    assert (code, message) == (
        f"{limit}-limit-exceeded",
        f"the query is too much work: expected at most {what}, seen {seen} so far",
    )


def test_four_thousand_aliases(engine: Engine) -> None:
    """What is within the limit is answered, though no row of Postgres has so many columns."""
    aliases = " ".join(f"a{n}: id" for n in range(4_000))
    found = engine.data(f"{{ items {{ {aliases} }} }}")["items"][0]
    assert found == {f"a{n}": 1 for n in range(4_000)}


def test_a_key_longer_than_an_identifier(engine: Engine) -> None:
    """Postgres cuts names at 63 bytes; answers are not cut."""
    long = "k" * 200
    assert engine.data(f'{{ items {{ {long}: name {long}2: doc(path: "a[0]") }} }}')["items"] == [
        {long: "one", f"{long}2": 1}
    ]


@pytest.mark.parametrize("text", ["{" * 50_000, "{ items(where: " + "{_not: " * 20_000, "{ a " * 10_000])
def test_a_query_nested_without_end(engine: Engine, text: str) -> None:
    """It is refused, whatever it costs to read it."""
    assert engine.error(text)[0] in {
        "validation-failed",
        "depth-limit-exceeded",
        "token-limit-exceeded",
    }


def test_a_condition_nested_too_deeply(engine: Engine) -> None:
    """A condition in a variable is measured like one in the text."""
    query = "query Q($w: items_bool_exp) { items(where: $w) { id } }"
    body = '{{"query": {}, "variables": {{"w": {}}}}}'.format(
        json.dumps(query), '{"_not":' * 900 + "{}" + "}" * 900
    )
    answer = engine.client.post("/v1/graphql", content=body, headers={"x-hasura-admin-secret": SECRET})
    assert answer.json()["errors"][0]["extensions"]["code"] == "depth-limit-exceeded"


def test_fragments_that_multiply(engine: Engine) -> None:
    """Thirty fragments that double each other ask for one field; under two names each, for a billion."""
    fragments = " ".join(f"fragment f{n} on items {{ ...f{n + 1} ...f{n + 1} }}" for n in range(30))
    asked = f"{fragments} fragment f30 on items {{ id }} {{ items {{ ...f0 }} }}"
    assert engine.data(asked) == {"items": [{"id": 1}]}
    fragments = " ".join(
        f"fragment f{n} on __Type {{ a: ofType {{ ...f{n + 1} }} b: ofType {{ ...f{n + 1} }} }}"
        for n in range(25)
    )
    code, _, _ = engine.error(
        f"{fragments} fragment f25 on __Type {{ name }} {{ __schema {{ queryType {{ ...f0 }} }} }}"
    )
    assert code == "node-limit-exceeded"


def test_a_type_without_the_operation(engine: Engine) -> None:
    """Where Postgres has no such function, nothing of the statement is told."""
    code, path, message = engine.error("{ items_aggregate { aggregate { max { token } } } }")
    assert (code, path, message) == ("unexpected", "$", "database query error")


@pytest.mark.parametrize("name", ["nope", ""])
def test_another_resource(engine: Engine, name: str) -> None:
    """404, in JSON."""
    answer = engine.client.get(f"/{name}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not-found"


def test_a_lone_surrogate(engine: Engine) -> None:
    """A string that no encoding has is refused."""
    body = b'{"query": "query Q($x: String!) { items(where: {name: {_eq: $x}}) { id } }", "variables": {"x": "\\ud800", "y": 12345678901234567890}}'
    answer = engine.client.post("/v1/graphql", content=body, headers={"x-hasura-admin-secret": SECRET})
    assert "errors" in answer.json()


def test_words_that_are_not_http(engine: Engine) -> None:
    """The server closes the connection and goes on."""
    with socket.create_connection(("127.0.0.1", engine.port), timeout=5) as wire:
        wire.sendall(b"\x16\x03\x01\x02\x00garbage\r\n\r\n")
        assert b"400" in wire.recv(1000)


def test_a_literal_is_never_in_the_statement(engine: Engine, rows: psycopg.Connection) -> None:
    """Text that would end a string of SQL finds nothing and does nothing."""
    for evil in ["'; drop table items; --", '"; drop table items; --', "\\'; --", "$1", "{0}", "%s"]:
        assert engine.data(
            "query Q($x: String!) { items(where: {name: {_eq: $x}}) { id } }", {"x": evil}
        ) == {"items": []}
        assert engine.data(f"{{ items(where: {{name: {{_eq: {json.dumps(evil)}}}}}) {{ id }} }}") == {
            "items": []
        }
    assert rows.execute("select count(*) from items").fetchone() == (1,)


def test_a_page_of_another_origin(engine: Engine, another: Callable[..., Engine]) -> None:
    """A browser may ask, and read the answer, from everywhere or from where it is let."""
    page = {"origin": "https://app.example", "access-control-request-headers": "content-type"}
    asked = engine.client.options("/v1/graphql", headers=page)
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == "https://app.example"
    assert asked.headers["access-control-allow-headers"] == "content-type"
    answered = engine.raw({"query": "{ __typename }"}, headers=page)
    assert answered.headers["access-control-allow-origin"] == "https://app.example"
    strict = another(HASURA_GRAPHQL_CORS_DOMAIN="https://other.example, https://app.example:1")
    assert strict.client.options("/v1/graphql", headers=page).status_code == 404
    assert "access-control-allow-origin" not in strict.raw({"query": "{ __typename }"}, headers=page).headers
