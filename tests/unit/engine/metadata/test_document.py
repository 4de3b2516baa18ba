"""Metadata as a document: nothing is lost on the way, and what cannot be served is refused by name."""

from typing import Any

import pytest

from belts.engine.errors import EngineError
from belts.engine.metadata import document
from tests.unit.engine.build import manual, metadata, permission, tracked

FULL = metadata(
    tracked(
        "users",
        configuration={
            "custom_name": "people",
            "custom_root_fields": {"select": "folk", "select_by_pk": {"name": "person"}},
            "column_config": {"id": {"custom_name": "key"}},
            "comment": "those who",
        },
        array_relationships=[
            manual("notes", "notes", {"id": "owner"}),
            {
                "name": "two",
                "using": {"foreign_key_constraint_on": {"table": "notes", "columns": ["a", "b"]}},
            },
        ],
        select_permissions=[
            permission(
                columns=["id"], filter={"id": {"_eq": "X-Hasura-User-Id"}}, limit=5, allow_aggregations=True
            ),
            permission("other", query_root_fields=[], subscription_root_fields=["select"]),
        ],
    ),
    tracked(
        {"schema": "s", "name": "notes"},
        object_relationships=[{"name": "user", "using": {"foreign_key_constraint_on": "owner"}}],
    ),
)


def test_out_and_in() -> None:
    """It is the same."""
    assert document.read(document.write(FULL), "$") == FULL


def test_an_empty_document() -> None:
    """It is no metadata at all, in Hasura's version."""
    assert document.write(document.read({"version": 3, "sources": []}, "$"))["version"] == 3


@pytest.mark.parametrize(
    ("table", "code", "path"),
    [
        ({}, "parse-failed", "$.sources[0].tables[0]"),
        ({"table": {"schema": "s"}}, "parse-failed", "$.sources[0].tables[0].table"),
        (
            {"table": "a", "insert_permissions": [1]},
            "not-supported",
            "$.sources[0].tables[0].insert_permissions",
        ),
        ({"table": "a", "computed_fields": [1]}, "not-supported", "$.sources[0].tables[0].computed_fields"),
        ({"table": "a", "is_enum": True}, "not-supported", "$.sources[0].tables[0].is_enum"),
        (
            {"table": "a", "select_permissions": [{}]},
            "parse-failed",
            "$.sources[0].tables[0].select_permissions[0]",
        ),
        (
            {"table": "a", "object_relationships": [{"name": "x", "using": {}}]},
            "parse-failed",
            "$.sources[0].tables[0].object_relationships[0].using",
        ),
        (
            {
                "table": "a",
                "array_relationships": [{"name": "x", "using": {"foreign_key_constraint_on": "c"}}],
            },
            "parse-failed",
            "$.sources[0].tables[0].array_relationships[0].using.foreign_key_constraint_on",
        ),
    ],
)
def test_a_table_that_cannot_be_read(table: dict[str, Any], code: str, path: str) -> None:
    """It is refused with the place of the mistake."""
    source = {"name": "default", "kind": "postgres", "tables": [table]}
    with pytest.raises(EngineError) as refused:
        document.read({"version": 3, "sources": [source]}, "$")
    assert (refused.value.code, refused.value.path) == (code, path)


@pytest.mark.parametrize(
    ("whole", "path"),
    [
        ({"version": 3, "remote_schemas": [1]}, "$.remote_schemas"),
        (
            {"version": 3, "sources": [{"name": "default", "tables": [], "functions": [1]}]},
            "$.sources[0].functions",
        ),
        ({"version": 3, "sources": [{"name": "other", "tables": []}]}, "$.sources[0]"),
        ({"version": 3, "sources": [{"name": "default", "kind": "mssql", "tables": []}]}, "$.sources[0]"),
    ],
)
def test_a_part_that_is_not_served(whole: dict[str, Any], path: str) -> None:
    """It is refused rather than dropped."""
    with pytest.raises(EngineError) as refused:
        document.read(whole, "$")
    assert (refused.value.code, refused.value.path) == ("not-supported", path)
