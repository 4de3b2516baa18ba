"""Metadata meets the catalogue: what is served, and what is inconsistent, by name."""

import pytest

from belts.engine.postgres.catalog import ForeignKey, TableName
from tests.unit.engine.build import catalog, column, manual, metadata, permission, relation, resolved, tracked

USERS = relation("users")
NOTES = relation(
    "notes",
    column("id", "int4"),
    column("owner", "int4"),
    foreign=(ForeignKey(columns=("owner",), remote=TableName("public", "users"), remote_columns=("id",)),),
)


def reasons(*tables: object) -> list[str]:
    return [found.reason for found in resolved(metadata(*tables), catalog(USERS, NOTES)).inconsistencies]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (tracked("nope"), 'no such table/view exists in source: "nope"'),
        (tracked("users", configuration={"custom_name": "a b"}), '"a b" is not a valid GraphQL identifier'),
        (tracked("users", configuration={"custom_name": "__a"}), '"__a" is not a valid GraphQL identifier'),
        (
            tracked("users", array_relationships=[manual("notes", "nope", {"id": "owner"})]),
            'table "nope" is not tracked',
        ),
        (
            tracked("users", array_relationships=[manual("other", "users", {"nope": "id"})]),
            'column "nope" does not exist in table "users"',
        ),
        (
            tracked("users", array_relationships=[manual("name", "users", {"id": "id"})]),
            'field with name "name" already exists in table "users"',
        ),
        (
            tracked("users", array_relationships=[manual("a-b", "users", {"id": "id"})]),
            '"a-b" is not a valid GraphQL identifier',
        ),
        (
            tracked(
                "users", object_relationships=[{"name": "x", "using": {"foreign_key_constraint_on": "name"}}]
            ),
            'no foreign constraint exists on the given column(s): "name"',
        ),
        (tracked("users", select_permissions=[permission(columns=["nope"])]), 'column "nope" does not exist'),
        (
            tracked("users", select_permissions=[permission(filter={"nope": {"_eq": 1}})]),
            '"nope" does not exist in table "users"',
        ),
        (
            tracked("users", select_permissions=[permission(filter={"id": {"_near": 1}})]),
            'operator "_near" is not supported on column "id"',
        ),
        (
            tracked("users", select_permissions=[permission(filter={"id": {"_gt": []}})]),
            (
                "parsing Integer expected for input type: PGInteger failed, "
                "expected Number, but encountered Array"
            ),
        ),
    ],
)
def test_an_object_that_the_database_does_not_bear_out(table: dict[str, object], reason: str) -> None:
    """It is left out and named; the rest is served."""
    assert reason in reasons(table)


def test_all_is_well() -> None:
    """Nothing is inconsistent, and foreign keys lead both ways."""
    array = {"name": "notes", "using": {"foreign_key_constraint_on": {"table": "notes", "column": "owner"}}}
    single = {"name": "user", "using": {"foreign_key_constraint_on": "owner"}}
    found = resolved(
        metadata(
            tracked("users", array_relationships=[array]), tracked("notes", object_relationships=[single])
        ),
        catalog(USERS, NOTES),
    )
    assert found.inconsistencies == ()
    tables = found.models["admin"].tables
    assert tables[TableName("public", "users")].relationships["notes"].mapping == (("id", "owner"),)
    assert tables[TableName("public", "notes")].relationships["user"].mapping == (("owner", "id"),)


def test_two_tables_of_one_name() -> None:
    """The second is left out."""
    found = reasons(tracked("users"), tracked("notes", configuration={"custom_name": "users"}))
    assert found == ['"users" is also the GraphQL name of the table "users"']


def test_a_relationship_to_what_a_role_may_not_read() -> None:
    """It is not among the role's fields."""
    meta = metadata(
        tracked(
            "users",
            array_relationships=[manual("notes", "notes", {"id": "owner"})],
            select_permissions=[permission()],
        ),
        tracked("notes"),
    )
    models = resolved(meta, catalog(USERS, NOTES)).models
    name = TableName("public", "users")
    assert "notes" in models["admin"].tables[name].relationships
    assert "notes" not in models["public"].tables[name].relationships


def test_a_column_that_graphql_cannot_spell() -> None:
    """It is left out unless it has a name of its own."""
    odd = relation("odd", column("id", "int4"), column("a b"), column("c d"))
    meta = metadata(tracked("odd", configuration={"column_config": {"c d": {"custom_name": "cd"}}}))
    table = resolved(meta, catalog(odd)).models["admin"].tables[TableName("public", "odd")]
    assert set(table.columns) == {"id", "cd"}


def test_a_key_of_which_a_column_is_hidden() -> None:
    """There is no way by key for the role."""
    meta = metadata(tracked("users", select_permissions=[permission(columns=["name"])]))
    models = resolved(meta, catalog(USERS)).models
    assert "users_by_pk" in models["admin"].queries
    assert "users_by_pk" not in models["public"].queries
