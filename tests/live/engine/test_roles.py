"""Who may read what: roles, columns, row filters, limits, aggregates."""

from collections.abc import Callable

import psycopg
import pytest

from tests.live.engine.serving import SECRET, Engine, table

pytestmark = pytest.mark.live


@pytest.fixture(scope="module", autouse=True)
def tracked(rows: psycopg.Connection, engine: Engine) -> None:
    rows.execute(
        """
        create table owners (id int primary key, name text, secret text);
        create table things (id int primary key, owner int, hidden boolean, labels text[]);
        insert into owners values (1, 'one', 's1'), (2, 'two', 's2');
        insert into things select n, 1 + n % 2, n > 8, array['l' || n] from generate_series(1, 10) n;
        """
    )
    owned = {"owner": {"_eq": "X-Hasura-User-Id"}}
    engine.track(
        table(
            "owners",
            arrays={"things": ("things", {"id": "owner"})},
            public={"columns": ["id", "name"], "limit": 1},
            roles={"user": {"columns": ["name"], "filter": {"id": {"_eq": "X-Hasura-User-Id"}}}},
        ),
        table(
            "things",
            relationships={"owned_by": ("owners", {"owner": "id"})},
            public={"filter": {"hidden": {"_eq": False}}, "limit": 3, "allow_aggregations": True},
            roles={
                "user": {"columns": ["id"], "filter": {"_or": [owned, {"labels": {"_contains": ["l2"]}}]}},
                "mate": {"filter": {"owned_by": {"name": {"_eq": "X-Hasura-Name"}}}},
                "many": {"filter": {"id": {"_in": "X-Hasura-Ids"}}},
                "exists": {
                    "filter": {"_exists": {"_table": "owners", "_where": {"secret": {"_eq": "X-Hasura-Key"}}}}
                },
                "columns": {"filter": {"id": {"_cgt": "owner"}}},
                "hidden_root": {"query_root_fields": ["select_by_pk"], "subscription_root_fields": []},
            },
        ),
    )


def ids(engine: Engine, role: str, headers: dict[str, str]) -> list[int]:
    found = engine.data("{ things(order_by: {id: asc}) { id } }", role=role, headers=headers)["things"]
    return [row["id"] for row in found]


def test_a_stranger_reads_as_public(engine: Engine) -> None:
    """Its limit, its filter and its columns hold, whatever role its header claims."""
    no_role: dict[str, str] = {}
    for claimed in (no_role, {"x-hasura-role": "admin"}, {"x-hasura-role": "user", "x-hasura-user-id": "1"}):
        found = engine.data(
            "{ things(order_by: {id: asc}, limit: 9) { id } owners { id name } }", role=None, headers=claimed
        )
        assert [row["id"] for row in found["things"]] == [1, 2, 3]
        assert len(found["owners"]) == 1
        refused = engine.error("{ owners { secret } }", role=None, headers=claimed)
        assert refused == (
            "validation-failed",
            "$.selectionSet.owners.selectionSet.secret",
            "field 'secret' not found in type: 'owners'",
        )


@pytest.mark.parametrize(
    "query",
    [
        '{ owners(where: {secret: {_eq: "s1"}}) { id } }',
        "{ owners(order_by: {secret: asc}) { id } }",
        "{ owners(distinct_on: secret) { id } }",
        '{ things(where: {owned_by: {secret: {_eq: "s1"}}}) { id } }',
        "{ things(order_by: {owned_by: {secret: asc}}) { id } }",
        "{ owners_aggregate { aggregate { count } } }",
        "{ owners { things_aggregate { aggregate { max { nope } } } } }",
    ],
)
def test_a_hidden_column_stays_hidden(engine: Engine, query: str) -> None:
    """It can be neither read, nor sorted, filtered or counted by."""
    assert engine.error(query, role=None)[0] == "validation-failed"


def test_aggregates_do_not_stop_at_the_limit(engine: Engine) -> None:
    """The limit is one of rows: counts see all that the filter lets through, nodes stop at it."""
    found = engine.data(
        "{ things_aggregate(order_by: {id: asc}) { aggregate { count } nodes { id } } }", role=None
    )
    assert found["things_aggregate"]["aggregate"]["count"] == 8
    assert [row["id"] for row in found["things_aggregate"]["nodes"]] == [1, 2, 3]
    nested = engine.data(
        "{ owners(where: {id: {_eq: 1}}) { things_aggregate { aggregate { count } } things { id } } }",
        role=None,
    )
    assert nested["owners"][0]["things_aggregate"]["aggregate"]["count"] == 4
    assert len(nested["owners"][0]["things"]) == 3


def test_filters_hold_through_relationships(engine: Engine) -> None:
    """A row that a role may not read is not there behind a relationship either."""
    found = engine.data("{ owners { name things { id } } }", role="user", headers={"x-hasura-user-id": "1"})
    assert found == {"owners": [{"name": "one", "things": [{"id": n} for n in (2, 4, 6, 8, 10)]}]}
    seen = engine.data(
        "{ things(where: {owned_by: {}}, order_by: {id: asc}) { owned_by { name } } }",
        role="user",
        headers={"x-hasura-user-id": "2"},
    )
    assert {row["owned_by"]["name"] for row in seen["things"]} == {"two"}


def test_filters_hold_in_orders_and_counts(engine: Engine) -> None:
    """A row is neither sorted nor counted by what its reader may not see."""
    headers = {"x-hasura-user-id": "2"}
    query = "{ things(order_by: [{owned_by: {name: asc}}, {id: asc}]) { id } }"
    found = engine.data(query, role="user", headers=headers)["things"]
    assert [row["id"] for row in found] == [1, 3, 5, 7, 9, 2]  # 2 has an owner that is not shown
    counted = "{ owners(where: {things_aggregate: {count: {predicate: {_eq: %d}}}}) { id } }"
    assert engine.data(counted % 5, role=None) == {"owners": []}
    assert len(engine.data(counted % 4, role=None)["owners"]) == 1


@pytest.mark.parametrize(
    ("role", "headers", "expected"),
    [
        ("user", {"x-hasura-user-id": "2"}, [1, 2, 3, 5, 7, 9]),
        ("mate", {"x-hasura-name": "one"}, [2, 4, 6, 8, 10]),
        ("mate", {"x-hasura-name": "'; drop table things; --"}, []),
        ("many", {"x-hasura-ids": "{3,4}"}, [3, 4]),
        ("exists", {"x-hasura-key": "s1"}, list(range(1, 11))),
        ("exists", {"x-hasura-key": "no"}, []),
        ("columns", {}, list(range(2, 11))),
    ],
)
def test_a_row_filter(engine: Engine, role: str, headers: dict[str, str], expected: list[int]) -> None:
    """It keeps the rows that its session variables say."""
    assert ids(engine, role, headers) == expected


def test_a_missing_session_variable(engine: Engine) -> None:
    """It is named."""
    assert engine.error("{ things { id } }", role="user")[2] == 'missing session variable: "x-hasura-user-id"'


def test_a_session_variable_of_the_wrong_type(engine: Engine) -> None:
    """Postgres' refusal of the value is passed on."""
    found = engine.error("{ things { id } }", role="user", headers={"x-hasura-user-id": "x"})
    assert found == ("data-exception", "$", 'invalid input syntax for type integer: "x"')


def test_a_role_without_permissions(engine: Engine) -> None:
    """Its schema has nothing in it but the word that nothing is."""
    assert (
        engine.error("{ things { id } }", role="nobody")[2]
        == "field 'things' not found in type: 'query_root'"
    )
    fields = engine.data("{ __schema { queryType { fields { name } } } }", role="nobody")
    assert fields == {"__schema": {"queryType": {"fields": [{"name": "no_queries_available"}]}}}


def test_root_fields_that_are_withheld(engine: Engine) -> None:
    """A permission names the root fields that exist."""
    assert engine.data("{ things_by_pk(id: 1) { id } }", role="hidden_root") == {"things_by_pk": {"id": 1}}
    assert engine.error("{ things { id } }", role="hidden_root")[0] == "validation-failed"


def test_a_wrong_secret(engine: Engine) -> None:
    """It is refused, not taken for a stranger's."""
    code, _, message = engine.error(
        "{ things { id } }", role=None, headers={"x-hasura-admin-secret": "wrong"}
    )
    assert (code, message) == ("access-denied", 'invalid "x-hasura-admin-secret"/"x-hasura-access-key"')


def test_no_role_for_strangers(another: Callable[..., Engine]) -> None:
    """Without an unauthorised role, nobody is served without the secret."""
    strict = another(HASURA_GRAPHQL_UNAUTHORIZED_ROLE="")
    code, _, message = strict.error("{ __typename }", role=None)
    assert (code, message) == (
        "access-denied",
        "x-hasura-admin-secret/x-hasura-access-key required, but not found",
    )


def test_the_older_header_for_the_secret(engine: Engine) -> None:
    """X-Hasura-Access-Key is taken too."""
    assert engine.data("{ owners { secret } }", role=None, headers={"x-hasura-access-key": SECRET})["owners"]
