"""The types of one schema by name: each is made once, at its first use."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLFloat,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLString,
)
from graphql.type import GraphQLNamedType

from belts.engine.errors import BadRequest
from belts.engine.postgres.types import PgType

T = TypeVar("T")
_GIVEN: dict[str, GraphQLScalarType] = {
    scalar.name: scalar for scalar in (GraphQLInt, GraphQLFloat, GraphQLString, GraphQLBoolean)
}


class Registry:
    """Makes types with their fields ordered by name, as Hasura lists them."""

    def __init__(self) -> None:
        self.types: dict[str, GraphQLNamedType] = {}

    def once(self, name: str, make: Callable[[], GraphQLNamedType]) -> GraphQLNamedType:
        if name not in self.types:
            self.types[name] = make()
        return self.types[name]

    def scalar(self, of: PgType) -> GraphQLScalarType:
        name = of.scalar
        found = self.once(name, lambda: _GIVEN.get(name) or GraphQLScalarType(name))
        return _as(GraphQLScalarType, found)

    def value(self, of: PgType) -> GraphQLScalarType | GraphQLList[Any]:
        scalar = self.scalar(of)
        return GraphQLList(GraphQLNonNull(scalar)) if of.array else scalar

    def input(
        self, name: str, description: str | None, fields: Callable[[], dict[str, GraphQLInputField]]
    ) -> GraphQLInputObjectType:
        found = self.once(
            name,
            lambda: GraphQLInputObjectType(
                name, lambda: dict(sorted(fields().items())), description=description
            ),
        )
        return _as(GraphQLInputObjectType, found)

    def object(
        self, name: str, description: str | None, fields: Callable[[], dict[str, GraphQLField]]
    ) -> GraphQLObjectType:
        found = self.once(
            name,
            lambda: GraphQLObjectType(name, lambda: dict(sorted(fields().items())), description=description),
        )
        return _as(GraphQLObjectType, found)

    def enum(self, name: str, description: str, values: Mapping[str, str]) -> GraphQLEnumType:
        found = self.once(
            name,
            lambda: GraphQLEnumType(
                name,
                {value: GraphQLEnumValue(value, description=text) for value, text in sorted(values.items())},
                description=description,
            ),
        )
        return _as(GraphQLEnumType, found)


def _as(kind: type[T], found: object) -> T:
    if not isinstance(found, kind):
        raise BadRequest(f"conflicting definitions of the GraphQL type {found}", code="conflict")
    return found
