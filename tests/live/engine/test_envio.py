"""The real Envio against the engine: it tracks without a complaint, and what is served is what is stored."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from graphql import build_client_schema, get_introspection_query
from psycopg import sql

from tests.live import plain
from tests.live.world import Belt, World

pytestmark = pytest.mark.live

ENTITIES = ("Account", "ChainActivity", "Position", "Price", "Transfer")
PAGE = 500


@pytest.fixture(params=["blue", "green"])
def belt(world: World, request: pytest.FixtureRequest) -> Belt:
    chosen: Belt = getattr(world, request.param)
    return chosen


def ask(belt: Belt, query: str, variables: dict[str, Any] | None = None, *, admin: bool = False) -> Any:
    headers = {"x-hasura-admin-secret": belt.admin_secret} if admin else {}
    body = {"query": query, "variables": variables or {}}
    answer = plain.post(belt.graphql, json=body, headers=headers, timeout=60).json()
    assert "errors" not in answer, answer
    return answer["data"]


def test_the_log_of_the_indexer(world: World, belt: Belt) -> None:
    """Envio tells of tracking its tables, and warns of nothing about it."""
    logs: list[Path] = sorted((world.hosts.root / belt.name / "logs").glob("indexer*"))
    text = "\n".join(path.read_text(errors="replace") for path in logs)
    assert re.search("tracking tables in hasura", text, re.IGNORECASE), text[-2000:]
    complaints = [
        line
        for line in text.splitlines()
        if re.search("hasura", line, re.IGNORECASE) and re.search(r"issue|errors|warn", line, re.IGNORECASE)
    ]
    assert complaints == []


def test_what_the_engine_was_told(belt: Belt) -> None:
    """Every table is tracked under its own name, readable by the public, related as the schema says."""
    stored = plain.post(
        belt.graphql.replace("/v1/graphql", "/v1/metadata"),
        json={"type": "export_metadata", "args": {}},
        headers={"x-hasura-admin-secret": belt.admin_secret},
    ).json()
    tables = {table["table"]["name"]: table for table in stored["sources"][0]["tables"]}
    assert {*ENTITIES, "raw_events", "_meta", "chain_metadata"} <= set(tables)
    for name, table in tables.items():
        assert table["configuration"]["custom_name"] == name
        assert [p["role"] for p in table["select_permissions"]] == ["public"]
    assert {r["name"] for r in tables["Account"]["array_relationships"]} >= {
        "outgoing",
        "incoming",
        "positions",
    }
    assert {r["name"] for r in tables["Transfer"]["object_relationships"]} == {"from", "to"}


def test_the_schema_can_be_built(belt: Belt) -> None:
    """A client that introspects as the public gets a whole schema."""
    schema = build_client_schema(ask(belt, get_introspection_query()))
    assert schema.query_type is not None
    assert {*ENTITIES, "Transfer_by_pk", "raw_events", "_meta", "chain_metadata"} <= set(
        schema.query_type.fields
    )


@pytest.mark.parametrize("entity", ["Price", "Transfer"])
def test_rows_that_do_not_change(belt: Belt, entity: str) -> None:
    """Read page by page as the public, they are what SQL reads, to the last digit."""
    whole = sql.SQL("select to_jsonb(t)::text from {} t where id = any(%s)").format(sql.Identifier(entity))
    after, read = "", 0
    with psycopg.connect(belt.dsn()) as connection:
        columns = [column.name for column in described(connection, entity)]
        query = f"""query Q($after: String!, $page: Int!) {{
          {entity}(where: {{id: {{_gt: $after}}}}, order_by: {{id: asc}}, limit: $page)
            {{ {" ".join(columns)} }}
        }}"""
        while read < 4 * PAGE and (served := ask(belt, query, {"after": after, "page": PAGE})[entity]):
            stored = read_back(connection, whole, [row["id"] for row in served])
            assert [row["id"] for row in served if not same(row, stored[row["id"]])] == []
            after, read = served[-1]["id"], read + len(served)
    assert read


@pytest.mark.parametrize("entity", ENTITIES)
def test_rows_of_every_kind(belt: Belt, entity: str) -> None:
    """Rows are what SQL reads in the same moment: read before and after, one of the two it is."""
    whole = sql.SQL("select to_jsonb(t)::text from {} t where id = any(%s)").format(sql.Identifier(entity))
    with psycopg.connect(belt.dsn(), autocommit=True) as connection:
        columns = [column.name for column in described(connection, entity)]
        found = connection.execute(sql.SQL("select id from {} limit 200").format(sql.Identifier(entity)))
        ids = [row[0] for row in found]
        fields = " ".join(columns)
        query = f"query Q($ids: [String!]!) {{ {entity}(where: {{id: {{_in: $ids}}}}) {{ {fields} }} }}"
        for _ in range(20):
            before = read_back(connection, whole, ids)
            served = {row["id"]: row for row in ask(belt, query, {"ids": ids})[entity]}
            after = read_back(connection, whole, ids)
            if before == after:
                break
        else:
            pytest.fail(f"{entity} never stood still")
    assert served.keys() == before.keys()
    assert [key for key, row in served.items() if not same(row, before[key])] == []


def described(connection: psycopg.Connection, entity: str) -> list[psycopg.Column]:
    """The columns of an entity's table."""
    cursor = connection.execute(sql.SQL("select * from {} limit 0").format(sql.Identifier(entity)))
    return list(cursor.description or ())


def read_back(connection: psycopg.Connection, query: sql.Composed, ids: list[str]) -> dict[str, Any]:
    rows = [
        json.loads(row[0], parse_float=Decimal, parse_int=Decimal) for row in connection.execute(query, [ids])
    ]
    return {row["id"]: row for row in rows}


def same(served: Any, stored: Any) -> bool:
    """Equal, where large numbers are served as strings."""
    if isinstance(stored, dict):
        return all(same(served[key], value) for key, value in stored.items())
    if isinstance(stored, list):
        return len(served) == len(stored) and all(map(same, served, stored))
    if isinstance(stored, Decimal):
        return Decimal(str(served)) == stored
    return bool(served == stored)


def test_counts(world: World, belt: Belt) -> None:
    """Aggregates, where the admin asks for them, count what SQL counts."""
    for chain in belt.chains:
        head = world.past(chain)["head"]["number"]
        where = f"{{chainId: {{_eq: {chain}}}, blockNumber: {{_lte: {head}}}}}"
        found = ask(
            belt,
            f"{{ Transfer_aggregate(where: {where}) {{ aggregate {{ count sum {{ value }} }} }} }}",
            admin=True,
        )["Transfer_aggregate"]["aggregate"]
        with psycopg.connect(belt.dsn()) as connection:
            expected = connection.execute(
                """select count(*), sum(value)::text from "Transfer"
                   where "chainId" = %s and "blockNumber" <= %s""",
                [chain, head],
            ).fetchone()
        assert (found["count"], found["sum"]["value"]) == expected


def test_relationships(belt: Belt) -> None:
    """An account's transfers are those that name it, both ways."""
    query = """{ Account(where: {outgoing: {}, chainId: {_eq: 1}}, order_by: {id: asc}, limit: 5) {
      id outgoing(order_by: {id: asc}, limit: 3) { id from { id } to { id incoming(limit: 1) { to_id } } }
    } }"""
    accounts = ask(belt, query)["Account"]
    assert accounts
    for account in accounts:
        for transfer in account["outgoing"]:
            assert transfer["from"]["id"] == account["id"]
            assert transfer["to"]["incoming"][0]["to_id"] == transfer["to"]["id"]
