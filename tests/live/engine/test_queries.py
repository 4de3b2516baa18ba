"""Answers, by the example: what each part of the language gives on rows that are known."""

# ruff: noqa: E501, ISC004 -- queries, bodies and messages are kept in one piece

import threading
from typing import Any

import psycopg
import pytest

from tests.live.engine.serving import Engine, table

pytestmark = pytest.mark.live


@pytest.fixture(scope="module", autouse=True)
def tracked(rows: psycopg.Connection, engine: Engine) -> None:
    rows.execute(
        """
        create type state as enum ('open', 'done');
        create domain positive as numeric check (value > 0);
        create table users (id text primary key, name text, born date);
        create table notes (
          id int primary key, owner text references users (id), title text, tags text[], doc jsonb, state state,
          size bigint, price positive, score float8, flag boolean, at timestamptz, "odd ""n"" x" text, raw json
        );
        create view summary as select owner, count(*) as notes from notes group by owner;
        insert into users values ('ada', 'Ada', '1815-12-10'), ('bob', null, null), ('eve', 'Eve', '2000-01-01');
        insert into notes values
          (1, 'ada', 'First', '{a,b}', '{"k": {"l": [10, 20]}, "x": 1}', 'open', 9007199254740993, 1.50, 0.5, true,
           '2024-02-03 04:05:06+00', 'odd', '{"b": 1, "a": 2}'),
          (2, 'ada', 'second', '{b}', '{"x": 2}', 'done', 2, 2.25, 1.5, false, '2024-02-04 00:00:00+00', null, null),
          (3, 'bob', 'Third_%', '{}', '[1, "k"]', 'done', null, null, null, null, null, null, null),
          (4, null, null, null, null, null, 4, 4, 2.5, true, null, null, null);
        """
    )
    engine.track(
        table("users", arrays={"notes": ("notes", {"id": "owner"})}),
        table("notes", relationships={"user": ("users", {"owner": "id"})}),
        table("summary"),
    )


def ids(engine: Engine, where: str) -> list[int]:
    return [
        row["id"]
        for row in engine.data(f"{{ notes(where: {where}, order_by: {{id: asc}}) {{ id }} }}")["notes"]
    ]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("{}", [1, 2, 3, 4]),
        ("{_or: []}", []),
        ("{_and: []}", [1, 2, 3, 4]),
        ("{_not: {}}", []),
        ("{title: {}}", [1, 2, 3, 4]),
        ("{id: {_in: []}}", []),
        ("{id: {_nin: []}}", [1, 2, 3, 4]),
        ("{id: {_in: 2}}", [2]),
        ('{id: {_eq: "2"}}', [2]),
        ('{title: {_like: "%ir%"}}', [1, 3]),
        ('{title: {_nlike: "%ir%"}}', [2]),
        ('{title: {_ilike: "FIRST"}}', [1]),
        ('{title: {_nilike: "FIRST"}}', [2, 3]),
        ('{title: {_similar: "(First|second)"}}', [1, 2]),
        ('{title: {_nsimilar: "(First|second)"}}', [3]),
        ('{title: {_regex: "^[A-Z]"}}', [1, 3]),
        ('{title: {_nregex: "^[A-Z]"}}', [2]),
        ('{title: {_iregex: "^f"}}', [1]),
        ('{title: {_niregex: "^f"}}', [2, 3]),
        ("{title: {_is_null: true}}", [4]),
        ("{title: {_is_null: false}}", [1, 2, 3]),
        ("{doc: {_contains: {x: 1}}}", [1]),
        ("{doc: {_contained_in: {x: 2, y: 3}}}", [2]),
        ('{doc: {_has_key: "x"}}', [1, 2]),
        ('{doc: {_has_keys_any: ["k", "nope"]}}', [1, 3]),
        ('{doc: {_has_keys_all: ["k", "x"]}}', [1]),
        ('{doc: {_cast: {String: {_like: "%20%"}}}}', [1]),
        ("{doc: {_eq: {x: 2}}}", [2]),
        ('{tags: {_contains: ["b"]}}', [1, 2]),
        ('{tags: {_contained_in: ["b", "c"]}}', [2, 3]),
        ('{tags: {_eq: ["a", "b"]}}', [1]),
        ('{tags: {_eq: "{b}"}}', [2]),
        ('{tags: {_in: [["b"], []]}}', [2, 3]),
        ('{tags: {_nin: [["b"], []]}}', [1]),
        ('{state: {_eq: "done"}}', [2, 3]),
        ('{state: {_in: ["open"]}}', [1]),
        ("{size: {_eq: 9007199254740993}}", [1]),
        ('{size: {_eq: "9007199254740993"}}', [1]),
        ("{price: {_gte: 2.25}}", [2, 4]),
        ("{score: {_lt: 1e0}}", [1]),
        ("{flag: {_eq: true}}", [1, 4]),
        ('{at: {_gt: "2024-02-03T12:00:00Z"}}', [2]),
        ('{user: {name: {_eq: "Ada"}}}', [1, 2]),
        ("{user: {name: {_is_null: true}}}", [3]),
        ("{_not: {user: {}}}", [4]),
        ('{user: {notes: {title: {_eq: "second"}}}}', [1, 2]),
        ("{user: {notes_aggregate: {count: {predicate: {_eq: 2}}}}}", [1, 2]),
        (
            "{user: {notes_aggregate: {count: {arguments: [state], distinct: true, predicate: {_eq: 1}}}}}",
            [3],
        ),
        ("{user: {notes_aggregate: {bool_or: {arguments: flag, predicate: {_eq: true}}}}}", [1, 2]),
        ("{user: {notes_aggregate: {avg: {arguments: score, predicate: {_gt: 0.9}}}}}", [1, 2]),
        (
            "{user: {notes_aggregate: {corr: {arguments: {X: score, Y: score}, predicate: {_gt: 0.9}}}}}",
            [1, 2],
        ),
        ("{_or: [{id: {_eq: 1}}, {_and: [{id: {_gt: 2}}, {_not: {id: {_eq: 3}}}]}]}", [1, 4]),
    ],
)
def test_a_condition(engine: Engine, where: str, expected: list[int]) -> None:
    """It keeps these rows and no others."""
    assert ids(engine, where) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("{id: desc}", [4, 3, 2, 1]),
        ("[{flag: asc}, {id: desc}]", [2, 4, 1, 3]),
        ("[{flag: desc_nulls_last}, {id: asc}]", [1, 4, 2, 3]),
        ("[{flag: asc_nulls_first}, {id: asc}]", [3, 2, 1, 4]),
        ("[{user: {name: asc}}, {id: asc}]", [1, 2, 3, 4]),
        ("[{user: {notes_aggregate: {count: desc_nulls_last}}}, {id: desc}]", [2, 1, 3, 4]),
        ("[{user: {notes_aggregate: {max: {price: asc_nulls_first}}}}, {id: desc}]", [4, 3, 2, 1]),
        ("{id: null, title: asc}", [1, 3, 2, 4]),
    ],
)
def test_an_order(engine: Engine, order: str, expected: list[int]) -> None:
    """Rows come in it, nulls where Hasura puts them."""
    found = engine.data(f"{{ notes(order_by: {order}) {{ id }} }}")["notes"]
    assert [row["id"] for row in found] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{ users_by_pk(id: "ada") { name } }', {"users_by_pk": {"name": "Ada"}}),
        ('{ users_by_pk(id: "nobody") { name } }', {"users_by_pk": None}),
        ("{ __typename }", {"__typename": "query_root"}),
        (
            "{ a: users(limit: 1, order_by: {id: asc}) { __typename id } b: users(offset: 2, order_by: {id: asc}) { id } }",
            {"a": [{"__typename": "users", "id": "ada"}], "b": [{"id": "eve"}]},
        ),
        ("{ users(limit: 0) { id } }", {"users": []}),
        ('{ users(offset: "2", order_by: {id: asc}) { id } }', {"users": [{"id": "eve"}]}),
        (
            "{ notes(distinct_on: [state], order_by: [{state: asc}, {id: desc}]) { id state } }",
            {"notes": [{"id": 1, "state": "open"}, {"id": 3, "state": "done"}, {"id": 4, "state": None}]},
        ),
        (
            '{ notes_by_pk(id: 1) { a: doc(path: "k.l[1]") b: doc(path: "$.x") c: doc(path: "nope") raw(path: "a") } }',
            {"notes_by_pk": {"a": 20, "b": 1, "c": None, "raw": 2}},
        ),
        (
            '{ users_by_pk(id: "ada") { notes(order_by: {id: desc}, limit: 1) { id user { id } } } }',
            {"users_by_pk": {"notes": [{"id": 2, "user": {"id": "ada"}}]}},
        ),
        ("{ notes_by_pk(id: 4) { user { id } } }", {"notes_by_pk": {"user": None}}),
        ('{ users_by_pk(id: "eve") { notes { id } } }', {"users_by_pk": {"notes": []}}),
        ('{ summary(where: {owner: {_eq: "ada"}}) { notes } }', {"summary": [{"notes": 2}]}),
        (
            "{ notes_aggregate { aggregate { count n: count(columns: [state]) d: count(columns: [state], distinct: true) "
            "sum { size } avg { id } min { title at } max { price state tags } stddev { score } variance { score } } } }",
            {
                "notes_aggregate": {
                    "aggregate": {
                        "count": 4,
                        "n": 3,
                        "d": 2,
                        "sum": {"size": 9007199254740999},
                        "avg": {"id": 2.5},
                        "min": {"title": "First", "at": "2024-02-03T04:05:06+00:00"},
                        "max": {"price": 4, "state": "done", "tags": ["b"]},
                        "stddev": {"score": 1},
                        "variance": {"score": 1},
                    }
                }
            },
        ),
        (
            "{ notes_aggregate(order_by: {id: desc}, limit: 2) { __typename nodes { id } aggregate { __typename count } } }",
            {
                "notes_aggregate": {
                    "__typename": "notes_aggregate",
                    "nodes": [{"id": 4}, {"id": 3}],
                    "aggregate": {"__typename": "notes_aggregate_fields", "count": 2},
                }
            },
        ),
        (
            "{ users(order_by: {id: asc}) { notes_aggregate(where: {id: {_gt: 1}}) { aggregate { count } nodes { id } } } }",
            {
                "users": [
                    {"notes_aggregate": {"aggregate": {"count": 1}, "nodes": [{"id": 2}]}},
                    {"notes_aggregate": {"aggregate": {"count": 1}, "nodes": [{"id": 3}]}},
                    {"notes_aggregate": {"aggregate": {"count": 0}, "nodes": []}},
                ]
            },
        ),
        (
            "query Q { ...r } fragment r on query_root { users(limit: 1, order_by: {id: asc}) { ...u ... { name } ... on users { id } ... on notes { nope } } } fragment u on users { id }",
            {"users": [{"id": "ada", "name": "Ada"}]},
        ),
        (
            '{ users_by_pk(id: "ada") { id @skip(if: true) name @include(if: true) born @include(if: false) } }',
            {"users_by_pk": {"name": "Ada"}},
        ),
        ('query Q @cached(ttl: 5) { users_by_pk(id: "ada") { id } }', {"users_by_pk": {"id": "ada"}}),
        (
            '{ users_by_pk(id: "ada") { id } users_by_pk(id: "ada") { name } }',
            {"users_by_pk": {"id": "ada", "name": "Ada"}},
        ),
        (
            "{ users(where: null, order_by: null, limit: null, distinct_on: null) { id } }",
            {"users": [{"id": "ada"}, {"id": "bob"}, {"id": "eve"}]},
        ),
    ],
)
def test_an_answer(engine: Engine, text: str, expected: dict[str, Any]) -> None:
    """It is this, to the letter."""
    assert engine.data(text) == expected


@pytest.mark.parametrize(
    ("declared", "use", "given", "expected"),
    [
        ("$w: notes_bool_exp", "where: $w", {"w": {"id": {"_eq": 1}}}, [1]),
        (
            "$w: notes_bool_exp!",
            "where: $w",
            {"w": {"_or": [{"id": {"_eq": 1}}, {"id": {"_eq": 2}}]}},
            [1, 2],
        ),
        ("$w: notes_bool_exp", "where: $w", {}, [1, 2, 3, 4]),
        ("$w: notes_bool_exp", "where: $w", {"w": None}, [1, 2, 3, 4]),
        ("$i: [Int!]", "where: {id: {_in: $i}}", {"i": [1, 3]}, [1, 3]),
        ("$i: [Int!]!", "where: {id: {_in: $i}}", {"i": 3}, [3]),
        ("$i: Int = 2", "where: {id: {_eq: $i}}", {}, [2]),
        ("$i: Int = 2", "where: {id: {_eq: $i}}", {"i": 3}, [3]),
        ("$i: Int", "where: {id: {_eq: $i}}", {}, [1, 2, 3, 4]),
        ("$l: Int, $o: Int", "limit: $l, offset: $o", {"l": 1, "o": 1}, [2]),
        ("$b: Boolean!", "where: {title: {_is_null: $b}}", {"b": True}, [4]),
        ("$b: Boolean!", "where: {title: {_is_null: $b}}", {"b": False}, [1, 2, 3]),
        ("$d: order_by!", "order_by: {id: $d}", {"d": "desc"}, [4, 3, 2, 1]),
        ("$d: [notes_order_by!]", "order_by: $d", {"d": [{"flag": "asc"}, {"id": "desc"}]}, [2, 4, 1, 3]),
        ("$d: [notes_order_by!]", "order_by: $d", {"d": {"id": "desc"}}, [4, 3, 2, 1]),
        ("$j: jsonb!", "where: {doc: {_contains: $j}}", {"j": {"x": 1}}, [1]),
        ("$x: Int", "where: {doc: {_contains: {x: $x}}}", {"x": 2}, [2]),
        ("$n: numeric!", "where: {price: {_lt: $n}}", {"n": 2}, [1]),
        ("$s: bigint!", "where: {size: {_eq: $s}}", {"s": 9007199254740993}, [1]),
        ("$s: bigint!", "where: {size: {_eq: $s}}", {"s": "9007199254740993"}, [1]),
        ("$t: [String!]!", "where: {tags: {_contains: $t}}", {"t": ["a"]}, [1]),
        ("$unused: Int", "where: {id: {_eq: 1}}", {"unused": 1}, [1]),
    ],
)
def test_variables(
    engine: Engine, declared: str, use: str, given: dict[str, Any], expected: list[int]
) -> None:
    """Values and whole arguments come from variables, with defaults, lists of one and absence."""
    order = "" if "order_by" in use else ", order_by: {id: asc}"
    for _ in range(2):  # once planned, once from what was remembered
        found = engine.data(f"query Q({declared}) {{ notes({use}{order}) {{ id }} }}", given)["notes"]
        assert [row["id"] for row in found] == expected


def test_one_text_with_variables_of_many_shapes(engine: Engine) -> None:
    """A plan made for one shape of the variables is not used for another."""
    query = "query Q($w: notes_bool_exp, $yes: Boolean = false) { notes(where: $w, order_by: {id: asc}) { id title @include(if: $yes) } }"
    assert [r["id"] for r in engine.data(query, {"w": {"id": {"_eq": 1}}})["notes"]] == [1]
    assert [r["id"] for r in engine.data(query, {"w": {"id": {"_gt": 2}}})["notes"]] == [3, 4]
    assert [r["id"] for r in engine.data(query, {"w": {"id": {"_eq": 2}}})["notes"]] == [2]
    assert engine.data(query, {"w": {"id": {"_eq": 1}}, "yes": True})["notes"] == [
        {"id": 1, "title": "First"}
    ]
    assert [r["id"] for r in engine.data(query, {"w": {"title": {"_is_null": True}}})["notes"]] == [4]
    assert [r["id"] for r in engine.data(query, {"w": {"title": {"_is_null": False}}})["notes"]] == [1, 2, 3]


def test_several_operations(engine: Engine) -> None:
    """`operationName` picks one; a wrong one is refused."""
    text = 'query a { users_by_pk(id: "ada") { id } } query b { users_by_pk(id: "bob") { id } }'
    assert engine.raw({"query": text, "operationName": "b"}).json() == {
        "data": {"users_by_pk": {"id": "bob"}}
    }
    error = engine.raw({"query": text, "operationName": "c"}).json()["errors"][0]
    assert error["message"] == 'no such operation found in the document: "c"'


def test_a_batch(engine: Engine) -> None:
    """Each request is answered in its place, the wrong ones with their errors."""
    batch = [
        {"query": '{ users_by_pk(id: "ada") { id } }'},
        {"query": "{"},
        {"query": '{ users_by_pk(id: "bob") { id } }'},
    ]
    first, second, third = engine.raw(batch).json()
    assert first == {"data": {"users_by_pk": {"id": "ada"}}}
    assert second["errors"][0]["message"] == "not a valid graphql query"
    assert third == {"data": {"users_by_pk": {"id": "bob"}}}


def test_numbers_as_strings(another: Any) -> None:
    """With STRINGIFY_NUMERIC_TYPES, what a JavaScript number cannot hold comes as a string; without, as a number."""
    query = "{ notes_by_pk(id: 1) { id size price score } notes_aggregate { aggregate { sum { size price } count } } }"
    for flag, expected in (
        ("true", {"id": 1, "size": "9007199254740993", "price": "1.50", "score": "0.5"}),
        ("false", {"id": 1, "size": 9007199254740993, "price": 1.5, "score": 0.5}),
    ):
        engine = another(HASURA_GRAPHQL_STRINGIFY_NUMERIC_TYPES=flag)
        engine.track(table("notes"))
        found = engine.data(query)
        assert found["notes_by_pk"] == expected
        wanted = (
            {"size": "9007199254740999", "price": "7.75"}
            if flag == "true"
            else {"size": 9007199254740999, "price": 7.75}
        )
        assert found["notes_aggregate"]["aggregate"] == {"sum": wanted, "count": 4}


def test_several_root_fields_are_of_one_snapshot(engine: Engine, rows: psycopg.Connection) -> None:
    """However many rows are written meanwhile, fields of one answer agree with each other."""
    rows.execute("create table ticks (n int)")
    try:
        engine.apply("pg_track_table", {"table": "ticks"})
        stop = threading.Event()

        def write() -> None:
            with psycopg.connect(rows.info.dsn, password=rows.info.password, autocommit=True) as connection:
                while not stop.is_set():
                    connection.execute("insert into ticks values (1)")

        writer = threading.Thread(target=write)
        writer.start()
        try:
            fields = " ".join(f"a{n}: ticks_aggregate {{ aggregate {{ count }} }}" for n in range(8))
            for _ in range(50):
                assert len({str(part) for part in engine.data(f"{{ {fields} }}").values()}) == 1
        finally:
            stop.set()
            writer.join()
    finally:
        engine.apply("pg_untrack_table", {"table": "ticks"})
        rows.execute("drop table ticks")
