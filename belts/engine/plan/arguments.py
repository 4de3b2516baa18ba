"""Reads arguments and input objects against their GraphQL types, and refuses in Hasura's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
)
from graphql.language import ArgumentNode
from graphql.pyutils import Undefined
from graphql.type import GraphQLArgument, GraphQLInputType

from belts.engine.errors import invalid, too_deep
from belts.engine.metadata.reading import kind
from belts.engine.plan.budget import Budget, Cost
from belts.engine.plan.literals import plain
from belts.engine.plan.nodes import Given, Json, Made, Node, Taken
from belts.engine.plan.variables import Declared, check_usage, declared

Arguments = dict[str, Node]


def listed(names: Any) -> str:
    """Names as Hasura lists them."""
    return "[" + ", ".join(f"'{name}'" for name in names) + "]"


@dataclass(frozen=True, slots=True)
class _Json:
    """A part of a variable's value, and its location."""

    value: Json
    name: str
    steps: tuple[str | int, ...] = ()

    def at(self, value: Json, step: str | int) -> "_Json":
        return _Json(value, self.name, (*self.steps, step))


_Value = ValueNode | _Json


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads values with the variables of one request."""

    definitions: Mapping[str, Declared]
    variables: Mapping[str, Json]
    budget: Budget
    most_depth: int
    needed: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def arguments(
        self,
        given: tuple[ArgumentNode, ...] | None,
        expected: Mapping[str, GraphQLArgument],
        field: str,
        path: str,
    ) -> Arguments:
        """A field's arguments, each read; those left out are absent."""
        found: Arguments = {}
        for argument in given or ():
            name = argument.name.value
            if name not in expected:
                raise invalid(f"'{field}' has no argument named '{name}'", path)
            if name in found:
                raise invalid(f"'{field}' has the argument '{name}' more than once", path)
            type_ = expected[name].type
            has_default = _has_default(expected[name])
            value = self._opened(argument.value, type_, f"{path}.args.{name}", has_default=has_default)
            if value is not None:
                found[name] = self._read(value, type_, f"{path}.args.{name}", 0)
        for name, argument_type in expected.items():
            required = isinstance(argument_type.type, GraphQLNonNull)
            if required and name not in found and not _has_default(argument_type):
                raise invalid(f"missing required field '{name}'", f"{path}.args.{name}")
        return found

    def _opened(
        self, value: ValueNode, type_: GraphQLInputType, path: str, *, has_default: bool = False
    ) -> _Value | None:
        """A literal unchanged; a variable as its value, or None if it was left out."""
        if not isinstance(value, VariableNode):
            return value
        name = value.name.value
        definition = declared(self.definitions, name)
        check_usage(definition, type_, path, has_default=has_default)
        return _Json(self.variables[name], name) if name in self.variables else None

    def _read(  # noqa: PLR0911 -- one return a kind of type
        self, value: _Value, type_: GraphQLInputType, path: str, depth: int
    ) -> Node:
        if isinstance(type_, GraphQLNonNull):
            return self._read(value, type_.of_type, path, depth)
        self.budget.spend(Cost.CONDITIONS)
        if _is_null(value):
            return None
        if isinstance(type_, GraphQLList):
            return self._list(value, type_, path, depth)
        if isinstance(type_, GraphQLEnumType):
            return self._enum(value, type_, path)
        if isinstance(type_, GraphQLInputObjectType):
            # A level of a condition consists of up to three objects: the column, the operator, and the
            # operand.
            if depth > 4 * self.most_depth:
                raise too_deep(self.most_depth, path)
            return self._object(value, type_, path, depth + 1)
        if type_ is GraphQLBoolean and isinstance(value, _Json) and isinstance(value.value, bool):
            # Its value is part of the plan's key, so it may shape the SQL.
            return Given(value.value, path)
        return self._leaf(value, path)

    def _list(self, value: _Value, type_: GraphQLList[Any], path: str, depth: int) -> Node:
        inner = type_.of_type
        if isinstance(_innermost(inner), GraphQLScalarType):
            return self._leaf(value, path)
        items: list[_Value]
        if isinstance(value, ListValueNode):
            opened = (self._opened(item, inner, f"{path}[{n}]") for n, item in enumerate(value.values))
            items = [item for item in opened if item is not None]
        elif isinstance(value, _Json) and isinstance(value.value, list):
            items = [value.at(item, n) for n, item in enumerate(value.value)]
        else:
            items = [value]
        found: list[Any] = []
        for n, item in enumerate(items):
            if _is_null(item) and isinstance(inner, GraphQLNonNull):
                raise invalid(_expected(inner.of_type, item), f"{path}[{n}]")
            found.append(self._read(item, inner, f"{path}[{n}]", depth))
        return found

    def _enum(self, value: _Value, type_: GraphQLEnumType, path: str) -> str:
        name = value.value if isinstance(value, EnumValueNode | _Json) else None
        if not isinstance(name, str):
            raise invalid(_expected(type_, value), path)
        if name not in type_.values:
            raise invalid(
                f"expected one of the values {listed(type_.values)} for type '{type_.name}', "
                f"but found '{name}'",
                path,
            )
        return name

    def _object(self, value: _Value, type_: GraphQLInputObjectType, path: str, depth: int) -> dict[str, Any]:
        parts: list[tuple[str, _Value | None]] = []
        if isinstance(value, ObjectValueNode):
            for field in value.fields:
                self._known(field.name.value, type_, path)
                inner = type_.fields[field.name.value].type
                at = f"{path}.{field.name.value}"
                parts.append((field.name.value, self._opened(field.value, inner, at)))
        elif isinstance(value, _Json) and isinstance(value.value, dict):
            for key, item in value.value.items():
                self._known(key, type_, path)
                parts.append((key, value.at(item, key)))
        else:
            raise invalid(_expected(type_, value), path)
        found: dict[str, Any] = {}
        for name, part in parts:
            if name in found:
                raise invalid(f"the field '{name}' is given more than once", f"{path}.{name}")
            if part is None:
                continue
            inner = type_.fields[name].type
            if _is_null(part) and isinstance(inner, GraphQLNonNull):
                raise invalid(_expected(inner.of_type, part), f"{path}.{name}")
            found[name] = self._read(part, inner, f"{path}.{name}", depth)
        for name in self._required(type_):
            if name not in found:
                raise invalid(f"missing required field '{name}'", f"{path}.{name}")
        return found

    def _required(self, type_: GraphQLInputObjectType) -> tuple[str, ...]:
        """The required fields of an object; cached, because most fields of a table are optional."""
        found = self.needed.get(type_.name)
        if found is None:
            found = self.needed[type_.name] = tuple(
                name for name, each in type_.fields.items() if isinstance(each.type, GraphQLNonNull)
            )
        return found

    def _known(self, name: str, type_: GraphQLInputObjectType, path: str) -> None:
        if name not in type_.fields:
            raise invalid(f"field '{name}' not found in type: '{type_.name}'", f"{path}.{name}")

    def _leaf(self, value: _Value, path: str) -> Node:
        if isinstance(value, _Json):
            return Taken(value.name, value.steps, path)
        made = self._literal(value, path)
        return Made(made, path) if _has_variable(made) else Given(made, path)

    def _literal(self, value: ValueNode, path: str) -> Json:
        self.budget.spend(Cost.CONDITIONS)
        match value:
            case VariableNode(name=name):
                declared(self.definitions, name.value)
                return Taken(name.value, (), path) if name.value in self.variables else None
            case ObjectValueNode(fields=fields):
                return {field.name.value: self._literal(field.value, path) for field in fields}
            case ListValueNode(values=values):
                return [self._literal(item, path) for item in values]
            case _:
                return plain(value)


def _has_default(argument: GraphQLArgument) -> bool:
    # Our arguments have a value as default; those of the schema's own fields have a literal.
    return argument.default_value is not Undefined or argument.default is not None


def _innermost(type_: Any) -> Any:
    while isinstance(type_, GraphQLList | GraphQLNonNull):
        type_ = type_.of_type
    return type_


def _is_null(value: _Value) -> bool:
    return isinstance(value, NullValueNode) or (isinstance(value, _Json) and value.value is None)


def _has_variable(value: Json) -> bool:
    match value:
        case Taken():
            return True
        case dict():
            return any(map(_has_variable, value.values()))
        case list():
            return any(map(_has_variable, value))
        case _:
            return False


def _expected(type_: Any, value: _Value) -> str:
    named = _innermost(type_)
    what = "an enum value" if isinstance(named, GraphQLEnumType) else "an object"
    if isinstance(type_, GraphQLList):
        return f"expected a list, but found {describe(value)}"
    return f"expected {what} for type '{named.name}', but found {describe(value)}"


_NODES = {
    IntValueNode: "an integer",
    FloatValueNode: "a float",
    StringValueNode: "a string",
    BooleanValueNode: "a boolean",
    NullValueNode: "null",
    EnumValueNode: "an enum value",
    ListValueNode: "a list",
    ObjectValueNode: "an object",
}


def describe(value: _Value) -> str:
    """What a value is, in Hasura's words."""
    if not isinstance(value, _Json):
        return _NODES.get(type(value), "a variable")
    return kind(value.value)
