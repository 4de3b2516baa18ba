"""Reads from the belt's own GraphQL schema which columns lead to which entities."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import GraphQLError, GraphQLObjectType, build_client_schema, get_nullable_type, is_object_type

from gate.observations.unobserved import Cause
from gate.policy.sound import Reference
from gate.probes.database.catalog import Catalog, Table, unspelt
from gate.probes.unseen import UnseenError


def relationships(tables: Catalog, introspection: Mapping[str, Any]) -> tuple[Reference, ...]:
    """Fields that lead to one entity and have a key column beside them: `owner`, `owner_id`."""
    try:
        schema = build_client_schema(introspection)  # type: ignore[arg-type]  # it is checked by building it
    except (GraphQLError, KeyError, TypeError, ValueError):
        raise UnseenError("the candidate's schema cannot be read", Cause.BAD_ANSWER) from None
    return tuple(
        reference
        for table in tables.entities
        if isinstance(kind := schema.type_map.get(table.name), GraphQLObjectType)
        for reference in _of(table, kind, tables)
    )


def _of(table: Table, kind: GraphQLObjectType, tables: Catalog) -> Iterator[Reference]:
    columns = {unspelt(column.name): column.name for column in table.columns}
    for name, field in kind.fields.items():
        target = get_nullable_type(field.type)
        column = columns.get(f"{unspelt(name)}id")
        if is_object_type(target) and tables.table(target.name) is not None and column is not None:
            yield Reference(entity=table.name, column=column, to=target.name)
