"""The metadata API: Envio's own calls, Hasura's replies and codes, restarts, and changes under load."""

# ruff: noqa: E501 -- queries, bodies and messages are kept in one piece

import json
import stat
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest
from graphql import build_client_schema, get_introspection_query

from tests.live.engine.serving import SECRET, Engine, table

pytestmark = pytest.mark.live


@pytest.fixture(autouse=True)
def tracked(rows: psycopg.Connection, engine: Engine) -> None:
    rows.execute(
        """
        drop schema public cascade; create schema public;
        create table parents (id text primary key, label text);
        create table children (id text primary key, parent_id text references parents (id), n int);
        create view _meta as select 1 as "chainId";
        insert into parents values ('p', 'P'); insert into children values ('c', 'p', 1);
        """
    )
    engine.apply("clear_metadata", {})


def named(name: str) -> dict[str, str]:
    return {"schema": "public", "name": name}


def relationship(
    name: str = "children", *, remote: str = "children", mapping: dict[str, str] | None = None
) -> dict[str, Any]:
    configuration = {"remote_table": named(remote), "column_mapping": mapping or {"id": "parent_id"}}
    return {
        "table": named("parents"),
        "name": name,
        "source": "default",
        "using": {"manual_configuration": configuration},
    }


def permission(name: str = "parents", **fields: Any) -> dict[str, Any]:
    inner = {"columns": "*", "filter": {}, "limit": 1000, "allow_aggregations": False, **fields}
    return {"table": named(name), "role": "public", "source": "default", "permission": inner}


def test_what_envio_does(engine: Engine) -> None:
    """Clearing, tracking, then one bulk that keeps going: each reply is what Envio takes for success."""
    assert engine.apply("clear_metadata", {}) == {"message": "success"}
    tables = [
        {"table": named(n), "configuration": {"custom_name": n}} for n in ("_meta", "parents", "children")
    ]
    assert engine.apply("pg_track_tables", {"allow_warnings": False, "tables": tables}) == {
        "message": "success"
    }
    bulk = [
        {"type": "pg_create_select_permission", "args": permission(n)}
        for n in ("_meta", "parents", "children")
    ]
    bulk += [{"type": "pg_create_array_relationship", "args": relationship()}]
    assert engine.apply("bulk_keep_going", bulk) == [{"message": "success"}] * 4
    found = engine.data("{ parents { id children { id } } _meta { chainId } }", role=None)
    assert found == {"parents": [{"id": "p", "children": [{"id": "c"}]}], "_meta": [{"chainId": 1}]}


@pytest.mark.parametrize(
    ("kind", "args", "code", "path"),
    [
        ("pg_track_table", {"table": named("parents")}, "already-tracked", "$.args"),
        ("pg_track_tables", {"tables": [{"table": named("parents")}]}, "already-tracked", "$.args.tables[0]"),
        ("pg_track_table", {"table": named("nope")}, "not-exists", "$.args.table"),
        ("pg_track_table", {"table": named("children"), "source": "other"}, "not-exists", "$.args"),
        (
            "pg_track_table",
            {"table": named("children"), "configuration": {"custom_name": "no name"}},
            "constraint-violation",
            "$.args",
        ),
        (
            "pg_track_table",
            {"table": named("children"), "configuration": {"custom_name": "parents"}},
            "constraint-violation",
            "$.args",
        ),
        (
            "pg_track_table",
            {"table": named("children"), "configuration": {"custom_name": "parents_by_pk"}},
            "constraint-violation",
            "$.args",
        ),
        (
            "pg_track_table",
            {"table": named("children"), "configuration": {"custom_name": "order_by"}},
            "conflict",
            "$",
        ),
        ("pg_track_table", {}, "parse-failed", "$.args"),
        ("pg_track_table", {"table": 1}, "parse-failed", "$.args.table"),
        ("pg_untrack_table", {"table": named("children")}, "already-untracked", "$.args"),
        ("pg_create_select_permission", permission("nope"), "not-exists", "$.args.table"),
        (
            "pg_create_select_permission",
            permission(columns=["nope"]),
            "not-exists",
            "$.args.permission.columns",
        ),
        ("pg_create_select_permission", permission(limit=-1), "parse-failed", "$.args.permission.limit"),
        ("pg_create_select_permission", permission(limit=True), "parse-failed", "$.args.permission.limit"),
        (
            "pg_create_select_permission",
            permission(filter={"nope": {"_eq": 1}}),
            "constraint-violation",
            "$.args",
        ),
        (
            "pg_create_select_permission",
            permission(filter={"id": {"_near": 1}}),
            "constraint-violation",
            "$.args",
        ),
        ("pg_create_select_permission", permission(filter=[]), "parse-failed", "$.args.permission.filter"),
        ("pg_create_select_permission", {**permission(), "role": "admin"}, "invalid-params", "$.args"),
        (
            "pg_drop_select_permission",
            {"table": named("parents"), "role": "nobody"},
            "permission-denied",
            "$.args",
        ),
        ("pg_create_array_relationship", relationship("label"), "already-exists", "$.args.name"),
        ("pg_create_array_relationship", relationship(remote="children"), "constraint-violation", "$.args"),
        (
            "pg_create_array_relationship",
            relationship(remote="parents", mapping={"id": "nope"}),
            "constraint-violation",
            "$.args",
        ),
        (
            "pg_create_object_relationship",
            {"table": named("parents"), "name": "x", "using": {"foreign_key_constraint_on": "id"}},
            "constraint-violation",
            "$.args",
        ),
        (
            "pg_create_object_relationship",
            {"table": named("parents"), "name": "x", "using": {}},
            "parse-failed",
            "$.args.using",
        ),
        ("pg_drop_relationship", {"table": named("parents"), "relationship": "nope"}, "not-exists", "$.args"),
        ("replace_metadata", {"version": 2}, "parse-failed", "$.args.version"),
        (
            "replace_metadata",
            {"version": 3, "sources": [], "actions": [{}]},
            "not-supported",
            "$.args.actions",
        ),
        (
            "replace_metadata",
            {
                "version": 3,
                "sources": [{"name": "default", "kind": "postgres", "tables": [{"table": "nope"}]}],
            },
            "constraint-violation",
            "$.args",
        ),
        ("run_sql", {"sql": "select 1"}, "parse-failed", "$.type"),
        (
            "bulk",
            [{"type": "clear_metadata", "args": {}}, {"type": "nope"}],
            "parse-failed",
            "$.args[1].type",
        ),
        ("bulk", {}, "parse-failed", "$.args"),
    ],
)
def test_a_call_that_is_refused(engine: Engine, kind: str, args: Any, code: str, path: str) -> None:
    """400 with Hasura's code and path, and nothing of it is done."""
    engine.apply("pg_track_table", {"table": named("parents")})
    before = engine.apply("export_metadata", {})
    response = engine.metadata(kind, args)
    assert response.status_code == 400, response.text
    assert (response.json()["code"], response.json()["path"]) == (code, path)
    assert engine.apply("export_metadata", {}) == before


def test_a_bulk_that_keeps_going(engine: Engine) -> None:
    """What can be done is done; what cannot is told in its place."""
    engine.apply("pg_track_table", {"table": named("parents")})
    once = {"type": "pg_create_select_permission", "args": permission()}
    first, second, third = engine.apply(
        "bulk_keep_going", [once, once, {"type": "pg_track_table", "args": {"table": named("children")}}]
    )
    assert first == third == {"message": "success"}
    assert (second["code"], second["path"]) == ("already-exists", "$.args[1].args")


def test_a_relationship_over_a_foreign_key(engine: Engine) -> None:
    """Both sides of the key can be followed, and an untracked end takes its relationships with it only by cascade."""
    for name in ("parents", "children"):
        engine.apply("pg_track_table", {"table": name})
    engine.apply(
        "pg_create_object_relationship",
        {"table": "children", "name": "parent", "using": {"foreign_key_constraint_on": "parent_id"}},
    )
    engine.apply(
        "pg_create_array_relationship",
        {
            "table": "parents",
            "name": "children",
            "using": {"foreign_key_constraint_on": {"table": "children", "column": "parent_id"}},
        },
    )
    assert engine.data("{ parents { children { parent { id } } } }") == {
        "parents": [{"children": [{"parent": {"id": "p"}}]}]
    }
    refused = engine.metadata("pg_untrack_table", {"table": "children"})
    assert refused.json()["code"] == "dependency-error"
    engine.apply("pg_untrack_table", {"table": "children", "cascade": True})
    assert engine.error("{ parents { children { id } } }")[0] == "validation-failed"


def test_metadata_survives_a_restart(engine: Engine) -> None:
    """What was applied is there again, in a file that only its owner reads, exported and replaced without loss."""
    engine.track(
        table("parents", arrays={"children": ("children", {"id": "parent_id"})}, public={"limit": 5}),
        table("children"),
    )
    before = engine.apply("export_metadata", {})
    engine.stop()
    engine.start()
    assert engine.apply("export_metadata", {}) == before
    assert engine.data("{ parents { id } }", role=None) == {"parents": [{"id": "p"}]}
    assert stat.S_IMODE(engine.metadata_file.stat().st_mode) == 0o600
    engine.apply("replace_metadata", {"allow_inconsistent_metadata": True, "metadata": before})
    assert engine.apply("export_metadata", {}) == before


def test_stored_metadata_that_cannot_be_read(another: Callable[..., Engine], engine: Engine) -> None:
    """The engine does not serve, and does not replace it by nothing."""
    spoiled = another()
    spoiled.stop()
    spoiled.metadata_file.write_text("{")
    spoiled.start()
    assert spoiled.client.get("/healthz").status_code == 500
    assert spoiled.error("{ __typename }")[0] == "unexpected"
    assert spoiled.metadata("clear_metadata", {}).status_code == 500
    assert spoiled.metadata_file.read_text() == "{"


def healthy(engine: Engine, status: int) -> httpx.Response:
    """What /healthz says once it says so: it looks once a second."""
    end = time.monotonic() + 10
    while (answer := engine.client.get("/healthz")).status_code != status:
        assert time.monotonic() < end, answer.text
        time.sleep(0.05)
    return answer


def test_a_table_dropped_behind_its_back(engine: Engine, rows: psycopg.Connection) -> None:
    """/healthz tells, and nothing of what is wrong; the rest is served on, and all is well when it is back."""
    engine.track(table("parents"), table("children"))
    assert engine.client.get("/healthz").json() == {"status": "OK"}
    rows.execute("alter table children rename to gone")
    assert engine.error("{ children { id } }") == ("unexpected", "$", "database query error")
    health = healthy(engine, 500)
    assert health.json() == {"status": "inconsistent metadata"}
    assert engine.error("{ children { id } }")[2] == "field 'children' not found in type: 'query_root'"
    assert engine.data("{ parents { id } }") == {"parents": [{"id": "p"}]}
    listed = engine.apply("get_inconsistent_metadata", {})
    assert listed["inconsistent_objects"][0]["name"] == 'table "children" in source "default"'
    rows.execute("alter table gone rename to children")
    healthy(engine, 200)
    assert engine.data("{ children { id } }") == {"children": [{"id": "c"}]}


def test_a_table_that_changed(engine: Engine, rows: psycopg.Connection) -> None:
    """`reload_metadata` brings a new column into the schema."""
    engine.track(table("parents"))
    rows.execute("alter table parents add more int default 7")
    assert engine.error("{ parents { more } }")[0] == "validation-failed"
    engine.apply("reload_metadata", {})
    assert engine.data("{ parents { more } }") == {"parents": [{"more": 7}]}


@pytest.mark.parametrize("role", [None, "public", "other"])
def test_a_stranger(engine: Engine, role: str | None) -> None:
    """Only the admin may ask."""
    response = engine.metadata("export_metadata", {}, role=role)
    assert response.status_code == 400
    assert response.json() == {
        "path": "$.args",
        "error": "restricted access : admin only",
        "code": "access-denied",
    }


def test_a_wrong_secret(engine: Engine) -> None:
    """401, and the secret is not repeated."""
    response = engine.client.post(
        "/v1/metadata",
        json={"type": "export_metadata", "args": {}},
        headers={"x-hasura-admin-secret": "wrong"},
    )
    assert response.status_code == 401
    assert response.json() == {
        "path": "$",
        "error": 'invalid "x-hasura-admin-secret"/"x-hasura-access-key"',
        "code": "access-denied",
    }
    assert SECRET not in engine.log.read_text()


def test_changes_while_queries_run(engine: Engine) -> None:
    """Every answer is of one whole schema: the old one or the new one, never something between."""
    small = {"version": 3, "sources": [{"name": "default", "kind": "postgres", "tables": [table("parents")]}]}
    tables = [table("parents", arrays={"children": ("children", {"id": "parent_id"})}), table("children")]
    large = {"version": 3, "sources": [{"name": "default", "kind": "postgres", "tables": tables}]}
    engine.apply("replace_metadata", small)
    seen: set[frozenset[str]] = set()
    failures: list[str] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            answer = engine.ask(get_introspection_query())
            schema = build_client_schema(answer["data"])
            names = frozenset(schema.query_type.fields if schema.query_type else ())
            parents = schema.get_type("parents")
            related = "children" in parents.fields  # type: ignore[union-attr]
            seen.add(names)
            if related != ("children" in names):
                failures.append(f"{sorted(names)}, related: {related}")
            deep = engine.ask("{ parents { id children { id } } children { id } }")
            if "errors" in deep and "not found in type" not in json.dumps(deep):
                failures.append(json.dumps(deep))

    watchers = [threading.Thread(target=look) for _ in range(3)]
    for watcher in watchers:
        watcher.start()
    for turn in range(30):
        engine.apply("replace_metadata", large if turn % 2 == 0 else small)
    stop.set()
    for watcher in watchers:
        watcher.join()
    assert not failures
    assert len(seen) == 2
