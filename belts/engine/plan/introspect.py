"""Introspection: answers queries on the schema itself field by field, each counted before it is resolved.

Types lead to types, so a text of a few hundred characters can select more than the whole schema, and each
list on its way multiplies the rest. Tools nest three lists: types, their fields, the fields' arguments.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import orjson
from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    get_named_type,
)
from graphql.type import GraphQLEnumType, GraphQLInputObjectType, GraphQLLeafType, is_leaf_type

from belts.engine.errors import BadRequest, invalid, too_deep
from belts.engine.plan.budget import Cost
from belts.engine.plan.fields import check_selection_set
from belts.engine.plan.nodes import Given, Json, Taken
from belts.engine.plan.selection import Selected, Selector

LISTS = 3
_OF_A_TYPE, _OF_A_FIELD, _OF_A_VALUE, _OF_A_WRAPPER = 16, 7, 5, 3
"""The most fields that a tool selects: per type, per field or argument, per enum value, and per wrapper.

A wrapper is one level of a part's type, such as a list or not-null.
"""
ROOTS: Mapping[str, GraphQLField] = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}


def said_in_full(schema: GraphQLSchema) -> int:
    """The largest number of fields in the answer to a tool that asks for the whole schema."""
    return sum(_OF_A_TYPE + _said_of(type_) for type_ in schema.type_map.values())


def _said_of(type_: Any) -> int:
    if isinstance(type_, GraphQLObjectType):
        fields = type_.fields.values()
        return sum(_part_of(field) + sum(map(_part_of, field.args.values())) for field in fields)
    if isinstance(type_, GraphQLInputObjectType):
        return sum(map(_part_of, type_.fields.values()))
    return _OF_A_VALUE * len(type_.values) if isinstance(type_, GraphQLEnumType) else 0


def _part_of(part: Any) -> int:
    size, of = _OF_A_FIELD, part.type
    while of is not None:
        size += _OF_A_WRAPPER
        of = getattr(of, "of_type", None)
    return size


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One selected field, checked and ready to be answered any number of times."""

    key: str
    resolve: Callable[..., Any] | None
    arguments: Mapping[str, Json]
    type_: Any
    typename: str
    parts: tuple["_Part", ...]


class Introspection:
    """Answers `__schema` and `__type` for one operation."""

    def __init__(self, schema: GraphQLSchema, selector: Selector, *, most_depth: int) -> None:
        self.selector = selector
        self.most_depth = most_depth
        self.schema = schema
        self.info = SimpleNamespace(schema=schema)
        self.by_value = False
        """Whether the answer depends on a variable's value, which is not part of a plan."""

    def answer(self, field: Selected) -> bytes:
        """The root field's value as JSON."""
        part = self._part(
            field, ROOTS[field.name], "query_root", f"$.selectionSet.{field.name}", depth=1, lists=0
        )
        return orjson.dumps(self._value(part, None))

    def _part(
        self, field: Selected, of: GraphQLField, parent: str, path: str, *, depth: int, lists: int
    ) -> _Part:
        """Refuses, in Hasura's words, fields that the introspection schema lacks."""
        if depth > self.most_depth:
            raise too_deep(self.most_depth, path)
        check_selection_set(field, of.type, path)
        if _is_list(of.type) and not is_leaf_type(get_named_type(of.type)):
            lists += 1
        if lists > LISTS:
            raise BadRequest(
                f"the query asks the schema for lists within lists: expected at most {LISTS}, seen {lists}",
                code="depth-limit-exceeded",
                path=path,
            )
        type_ = get_named_type(of.type)
        parts: list[_Part] = []
        inside = f"{path}.selectionSet"
        if isinstance(type_, GraphQLObjectType):
            for part in self.selector.fields(field.sets, type_.name, inside).values():
                at = f"{inside}.{part.name}"
                if part.name == "__typename":
                    parts.append(_typename(part.key, type_.name))
                    continue
                known = type_.fields.get(part.name)
                if known is None:
                    raise invalid(f"field '{part.name}' not found in type: '{type_.name}'", at)
                parts.append(self._part(part, known, type_.name, at, depth=depth + 1, lists=lists))
        return _Part(
            key=field.key,
            resolve=of.resolve,
            arguments=self._arguments(field, of, path),
            type_=of.type,
            typename=parent,
            parts=tuple(parts),
        )

    def _arguments(self, field: Selected, of: GraphQLField, path: str) -> dict[str, Json]:
        found: dict[str, Json] = {}
        reader = self.selector.reader
        for name, leaf in reader.arguments(field.node.arguments, of.args, field.name, path).items():
            if not isinstance(leaf, Given | Taken):
                raise invalid(f"unexpected null value for type '{of.args[name].type}'", f"{path}.args.{name}")
            self.by_value = self.by_value or isinstance(leaf, Taken)
            value = leaf.of(reader.variables)
            wanted = bool if name == "includeDeprecated" else str
            if not isinstance(value, wanted):
                named = get_named_type(of.args[name].type)
                raise invalid(
                    f"expected a value for type '{named}', but found another", f"{path}.args.{name}"
                )
            found[name] = value
        return found

    def _value(self, part: _Part, source: Any) -> Any:
        self.selector.budget.spend(Cost.INTROSPECTED)
        if part.resolve is None:
            return part.typename
        return self._complete(part, part.type_, part.resolve(source, self.info, **part.arguments))

    def _complete(self, part: _Part, type_: Any, value: Any) -> Any:
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        if value is None:
            return None
        if isinstance(type_, GraphQLList):
            return [self._complete(part, type_.of_type, item) for item in value]
        if isinstance(type_, GraphQLObjectType):
            return {inner.key: self._value(inner, value) for inner in part.parts}
        leaf: GraphQLLeafType = type_
        return leaf.serialize(value)


def _is_list(type_: Any) -> bool:
    return isinstance(type_.of_type if isinstance(type_, GraphQLNonNull) else type_, GraphQLList)


def _typename(key: str, name: str) -> _Part:
    return _Part(key=key, resolve=None, arguments={}, type_=None, typename=name, parts=())
