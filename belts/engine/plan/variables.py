"""A request's variables: their declarations, their values, and the shape that decides the SQL."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    ListTypeNode,
    NonNullTypeNode,
    NullValueNode,
    OperationDefinitionNode,
    TypeNode,
    type_from_ast,
)
from graphql.language import NamedTypeNode

from belts.engine.errors import BadRequest, invalid
from belts.engine.plan.budget import Budget, Cost
from belts.engine.plan.literals import plain
from belts.engine.plan.nodes import Json

_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One variable of an operation."""

    name: str
    type: TypeNode
    written: str
    required: bool
    has_default: bool
    default: Json
    resolved: Any


def declarations(operation: OperationDefinitionNode, schema: GraphQLSchema) -> dict[str, Declared]:
    """The variables that an operation declares."""
    found: dict[str, Declared] = {}
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        if name in found:
            raise BadRequest(f'multiple definitions for variable "{name}"', code="parse-failed")
        default = definition.default_value
        given = default is not None and not isinstance(default, NullValueNode)
        found[name] = Declared(
            name=name,
            type=definition.type,
            written=_written(definition.type),
            required=isinstance(definition.type, NonNullTypeNode),
            has_default=given,
            default=plain(default) if default is not None and given else None,
            resolved=type_from_ast(schema, definition.type),
        )
    return found


def _written(type_: TypeNode) -> str:
    if isinstance(type_, NonNullTypeNode):
        return f"{_written(type_.type)}!"
    if isinstance(type_, ListTypeNode):
        return f"[{_written(type_.type)}]"
    return type_.name.value if isinstance(type_, NamedTypeNode) else ""


def declared(definitions: Mapping[str, Declared], name: str) -> Declared:
    """The declaration of a used variable."""
    if name not in definitions:
        raise invalid(f'unbound variable "{name}"', "$")
    return definitions[name]


def values(definitions: Mapping[str, Declared], given: Mapping[str, Json]) -> Mapping[str, Json]:
    """The variables' values with defaults filled in; those left out without a default are absent."""
    if not definitions and not given:
        return given
    unknown = [name for name in given if name not in definitions]
    if unknown:
        raise invalid("unexpected variables in variableValues: " + ", ".join(unknown[:_NAMED]), "$")
    found: dict[str, Json] = {}
    for name, definition in definitions.items():
        if name in given:
            if given[name] is None and definition.required:
                raise invalid(f'null value found for non-nullable type: "{definition.written}"', "$")
            found[name] = given[name]
        elif definition.has_default:
            found[name] = definition.default
        elif definition.required:
            raise invalid(f'expecting a value for non-nullable variable: "{name}"', "$")
    return found


def shape(definitions: Mapping[str, Declared], found: Mapping[str, Json], budget: Budget) -> Hashable:
    """The part of the values that decides the SQL: two requests of equal shape share one plan.

    A client's own texts are in it, each after its kind, so that none is mistaken for one of ours.
    """
    return tuple(
        _shape(definition.resolved, found[name], budget) if name in found else "absent"
        for name, definition in definitions.items()
    )


def _shape(type_: Any, value: Json, budget: Budget) -> Hashable:  # noqa: PLR0911 -- one return a kind of type
    budget.spend(Cost.CONDITIONS)
    if isinstance(type_, GraphQLNonNull):
        type_ = type_.of_type
    if value is None:
        return None
    if isinstance(type_, GraphQLScalarType):
        return value if type_ is GraphQLBoolean and isinstance(value, bool) else "value"
    if isinstance(type_, GraphQLList):
        if not isinstance(value, list):
            return ("one", _shape(type_.of_type, value, budget))
        inner = type_.of_type
        while isinstance(inner, GraphQLList | GraphQLNonNull):
            inner = inner.of_type
        if isinstance(inner, GraphQLScalarType):
            return "value"
        return ("many", *(_shape(type_.of_type, item, budget) for item in value))
    if isinstance(type_, GraphQLEnumType):
        return ("word", value) if isinstance(value, str) else "not a word"
    if isinstance(type_, GraphQLInputObjectType):
        if not isinstance(value, dict):
            return "not an object"
        return tuple(
            (key, _shape(type_.fields[key].type, item, budget) if key in type_.fields else "unknown")
            for key, item in value.items()
        )
    return "unknown"


def check_usage(definition: Declared, location: Any, path: str, *, has_default: bool) -> None:
    """Refuses a variable whose declared type does not fit its place."""
    nullable = not isinstance(location, GraphQLNonNull)
    allowed = nullable or definition.required or has_default or definition.has_default
    type_ = definition.type.type if isinstance(definition.type, NonNullTypeNode) else definition.type
    inner = location.of_type if isinstance(location, GraphQLNonNull) else location
    if not (allowed and _fits(inner, type_)):
        raise invalid(
            f"variable '{definition.name}' is declared as '{definition.written}', "
            f"but used where '{location}' is expected",
            path,
        )


def _fits(location: Any, type_: TypeNode) -> bool:
    if isinstance(location, GraphQLNonNull):
        return isinstance(type_, NonNullTypeNode) and _fits(location.of_type, type_.type)
    if isinstance(type_, NonNullTypeNode):
        return _fits(location, type_.type)
    if isinstance(location, GraphQLList):
        return isinstance(type_, ListTypeNode) and _fits(location.of_type, type_.type)
    return isinstance(type_, NamedTypeNode) and type_.name.value == location.name
