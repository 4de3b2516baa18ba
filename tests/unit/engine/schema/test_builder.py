"""Names and types are Hasura's, so that a client generated against one compiles against the other."""

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, print_type, validate_schema

from belts.engine.errors import EngineError
from belts.engine.postgres.types import PgType
from belts.engine.schema.builder import build_schema
from tests.unit.engine.build import (
    catalog,
    column,
    manual,
    metadata,
    permission,
    relation,
    resolved,
    role_schema,
    tracked,
)

MOOD = PgType(schema="public", name="mood", enum=True)
USERS = relation("users", column("id", "text", not_null=True), column("mood", MOOD), column("tags", "text[]"))
NOTES = relation(
    "notes",
    column("id", "int4", not_null=True),
    column("owner"),
    column("big", "int8"),
    column("amount", "numeric"),
    column("score", "float8"),
    column("real", "float4"),
    column("flag", "bool"),
    column("doc", "jsonb"),
    column("at", "timestamptz"),
    column("token", "uuid"),
    column("small", "int2"),
    column("code", "bpchar"),
    column("raw", "bytea"),
)
META = metadata(
    tracked(
        "users",
        array_relationships=[manual("notes", "notes", {"id": "owner"})],
        select_permissions=[permission()],
    ),
    tracked(
        "notes",
        object_relationships=[manual("user", "users", {"owner": "id"})],
        select_permissions=[permission(allow_aggregations=True, columns=["id", "owner", "amount"])],
    ),
)
OVER = catalog(USERS, NOTES)


def fields(name: str, role: str = "admin") -> dict[str, str]:
    type_ = role_schema(META, OVER, role=role).schema.get_type(name)
    assert isinstance(type_, GraphQLObjectType | GraphQLInputObjectType), name
    return {key: str(field.type) for key, field in type_.fields.items()}


def test_it_is_a_valid_schema() -> None:
    """graphql-core has nothing against it, for any role."""
    for role in ("admin", "public"):
        assert validate_schema(role_schema(META, OVER, role=role).schema) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "users",
            {
                "id": "String!",
                "mood": "mood",
                "notes": "[notes!]!",
                "notes_aggregate": "notes_aggregate!",
                "tags": "[String!]",
            },
        ),
        (
            "notes",
            {
                "amount": "numeric",
                "at": "timestamptz",
                "big": "bigint",
                "code": "bpchar",
                "doc": "jsonb",
                "flag": "Boolean",
                "id": "Int!",
                "owner": "String",
                "raw": "bytea",
                "real": "Float",
                "score": "float8",
                "small": "smallint",
                "token": "uuid",
                "user": "users",
            },
        ),
        (
            "users_bool_exp",
            {
                "_and": "[users_bool_exp!]",
                "_not": "users_bool_exp",
                "_or": "[users_bool_exp!]",
                "id": "String_comparison_exp",
                "mood": "mood_comparison_exp",
                "notes": "notes_bool_exp",
                "notes_aggregate": "notes_aggregate_bool_exp",
                "tags": "String_array_comparison_exp",
            },
        ),
        (
            "users_order_by",
            {
                "id": "order_by",
                "mood": "order_by",
                "notes_aggregate": "notes_aggregate_order_by",
                "tags": "order_by",
            },
        ),
        ("notes_aggregate", {"aggregate": "notes_aggregate_fields", "nodes": "[notes!]!"}),
        (
            "notes_sum_fields",
            {
                "amount": "numeric",
                "big": "bigint",
                "id": "Int",
                "real": "Float",
                "score": "float8",
                "small": "smallint",
            },
        ),
        ("notes_avg_fields", dict.fromkeys(["amount", "big", "id", "real", "score", "small"], "Float")),
        (
            "notes_max_fields",
            {
                "amount": "numeric",
                "at": "timestamptz",
                "big": "bigint",
                "code": "bpchar",
                "id": "Int",
                "owner": "String",
                "real": "Float",
                "score": "float8",
                "small": "smallint",
                "token": "uuid",
            },
        ),
        (
            "notes_aggregate_fields",
            {
                "avg": "notes_avg_fields",
                "count": "Int!",
                "max": "notes_max_fields",
                "min": "notes_min_fields",
                "stddev": "notes_stddev_fields",
                "stddev_pop": "notes_stddev_pop_fields",
                "stddev_samp": "notes_stddev_samp_fields",
                "sum": "notes_sum_fields",
                "var_pop": "notes_var_pop_fields",
                "var_samp": "notes_var_samp_fields",
                "variance": "notes_variance_fields",
            },
        ),
        (
            "notes_aggregate_bool_exp",
            {
                key: f"notes_aggregate_bool_exp_{key}"
                for key in (
                    "avg",
                    "bool_and",
                    "bool_or",
                    "corr",
                    "count",
                    "covar_samp",
                    "max",
                    "min",
                    "stddev_samp",
                    "sum",
                    "var_samp",
                )
            },
        ),
        (
            "notes_aggregate_bool_exp_count",
            {
                "arguments": "[notes_select_column!]",
                "distinct": "Boolean",
                "filter": "notes_bool_exp",
                "predicate": "Int_comparison_exp!",
            },
        ),
        (
            "notes_aggregate_bool_exp_bool_or",
            {
                "arguments": "notes_select_column_notes_aggregate_bool_exp_bool_or_arguments_columns!",
                "distinct": "Boolean",
                "filter": "notes_bool_exp",
                "predicate": "Boolean_comparison_exp!",
            },
        ),
        (
            "notes_aggregate_bool_exp_corr_arguments",
            dict.fromkeys("XY", "notes_select_column_notes_aggregate_bool_exp_corr_arguments_columns!"),
        ),
        (
            "Int_comparison_exp",
            {
                "_eq": "Int",
                "_gt": "Int",
                "_gte": "Int",
                "_in": "[Int!]",
                "_is_null": "Boolean",
                "_lt": "Int",
                "_lte": "Int",
                "_neq": "Int",
                "_nin": "[Int!]",
            },
        ),
        (
            "jsonb_comparison_exp",
            {
                "_cast": "jsonb_cast_exp",
                "_contained_in": "jsonb",
                "_contains": "jsonb",
                "_eq": "jsonb",
                "_gt": "jsonb",
                "_gte": "jsonb",
                "_has_key": "String",
                "_has_keys_all": "[String!]",
                "_has_keys_any": "[String!]",
                "_in": "[jsonb!]",
                "_is_null": "Boolean",
                "_lt": "jsonb",
                "_lte": "jsonb",
                "_neq": "jsonb",
                "_nin": "[jsonb!]",
            },
        ),
        (
            "String_array_comparison_exp",
            {
                "_contained_in": "[String!]",
                "_contains": "[String!]",
                "_eq": "[String!]",
                "_gt": "[String!]",
                "_gte": "[String!]",
                "_in": "[[String!]!]",
                "_is_null": "Boolean",
                "_lt": "[String!]",
                "_lte": "[String!]",
                "_neq": "[String!]",
                "_nin": "[[String!]!]",
            },
        ),
        (
            "users_stream_cursor_input",
            {"initial_value": "users_stream_cursor_value_input!", "ordering": "cursor_ordering"},
        ),
        ("users_stream_cursor_value_input", {"id": "String", "mood": "mood", "tags": "[String!]"}),
        (
            "query_root",
            {
                "notes": "[notes!]!",
                "notes_aggregate": "notes_aggregate!",
                "notes_by_pk": "notes",
                "users": "[users!]!",
                "users_aggregate": "users_aggregate!",
                "users_by_pk": "users",
            },
        ),
        (
            "subscription_root",
            {
                "notes": "[notes!]!",
                "notes_aggregate": "notes_aggregate!",
                "notes_by_pk": "notes",
                "notes_stream": "[notes!]!",
                "users": "[users!]!",
                "users_aggregate": "users_aggregate!",
                "users_by_pk": "users",
                "users_stream": "[users!]!",
            },
        ),
    ],
)
def test_the_fields_of_a_type(name: str, expected: dict[str, str]) -> None:
    """They are these, in the order of their names."""
    assert fields(name) == expected


@pytest.mark.parametrize(
    ("name", "values"),
    [
        (
            "order_by",
            ["asc", "asc_nulls_first", "asc_nulls_last", "desc", "desc_nulls_first", "desc_nulls_last"],
        ),
        ("cursor_ordering", ["ASC", "DESC"]),
        ("users_select_column", ["id", "mood", "tags"]),
        ("notes_select_column_notes_aggregate_bool_exp_avg_arguments_columns", ["score"]),
    ],
)
def test_the_values_of_an_enum(name: str, values: list[str]) -> None:
    """They are these."""
    type_ = role_schema(META, OVER).schema.get_type(name)
    assert isinstance(type_, GraphQLEnumType)
    assert list(type_.values) == values


def test_the_arguments_of_root_fields() -> None:
    """Lists take five, keys take the key, streams take theirs."""
    schema = role_schema(META, OVER).schema
    assert schema.query_type is not None
    assert schema.subscription_type is not None
    written = {
        name: {key: str(argument.type) for key, argument in field.args.items()}
        for name, field in {**schema.query_type.fields, **schema.subscription_type.fields}.items()
    }
    assert (
        written["users"]
        == written["users_aggregate"]
        == {
            "distinct_on": "[users_select_column!]",
            "limit": "Int",
            "offset": "Int",
            "order_by": "[users_order_by!]",
            "where": "users_bool_exp",
        }
    )
    assert written["users_by_pk"] == {"id": "String!"}
    assert written["users_stream"] == {
        "batch_size": "Int!",
        "cursor": "[users_stream_cursor_input]!",
        "where": "users_bool_exp",
    }


def test_a_role_with_less() -> None:
    """Columns, aggregates and keys that a role may not have are in none of its types."""
    assert fields("notes", "public") == {
        "amount": "numeric",
        "id": "Int!",
        "owner": "String",
        "user": "users",
    }
    assert "users_aggregate" not in fields("query_root", "public")
    assert "notes_aggregate" in fields("query_root", "public")
    assert "users_aggregate_order_by" not in role_schema(META, OVER, role="public").schema.type_map


def test_descriptions() -> None:
    """They are Hasura's."""
    printed = print_type(role_schema(META, OVER).schema.type_map["users_select_column"])
    assert 'select columns of table "users"' in printed


def test_two_tables_that_want_one_type() -> None:
    """It is refused rather than served with one of them."""
    meta = metadata(tracked("notes", configuration={"custom_name": "order_by"}), tracked("users"))
    with pytest.raises(EngineError) as refused:
        build_schema(resolved(meta, OVER).models["admin"])
    assert refused.value.code == "conflict"
