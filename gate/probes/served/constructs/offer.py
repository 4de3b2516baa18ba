"""What a role's schema lets it ask of one entity; the rest is not asked."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_object_type,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """The arguments, conditions, orders and functions of one entity."""

    schema: GraphQLSchema
    name: str

    @property
    def kind(self) -> GraphQLObjectType | None:
        """The type of its rows."""
        found = get_named_type(self.roots[self.name].type) if self.name in self.roots else None
        return found if is_object_type(found) else None

    @property
    def roots(self) -> Mapping[str, GraphQLField]:
        """All root fields."""
        return self.schema.query_type.fields if self.schema.query_type else {}

    def arguments(self, suffix: str = "") -> Mapping[str, GraphQLArgument]:
        """The arguments of its list, or of the root field with that suffix."""
        field = self.roots.get(f"{self.name}{suffix}")
        return field.args if field is not None else {}

    def takes(self, *names: str, suffix: str = "") -> bool:
        """True if all of these arguments are accepted."""
        return self.arguments(suffix).keys() >= set(names)

    def conditions(self, *path: str) -> Mapping[str, GraphQLInputType]:
        """The operators of `where` at the end of a path of fields, each with its type."""
        return self._inputs("where", path)

    def orders(self, *path: str) -> frozenset[str]:
        """The directions in which rows can be ordered by the end of a path."""
        above = self._inputs("order_by", path[:-1])
        direction = above.get(path[-1])
        found = get_named_type(direction) if direction is not None else None
        return frozenset(found.values) if isinstance(found, GraphQLEnumType) else frozenset()

    def distinct(self) -> frozenset[str]:
        """The fields that `distinct_on` accepts."""
        argument = self.arguments().get("distinct_on")
        return _values(argument.type) if argument is not None else frozenset()

    def functions(self) -> Mapping[str, frozenset[str]]:
        """The aggregate functions, each with its fields; `count` has none."""
        root = self.roots.get(f"{self.name}_aggregate")
        found = get_named_type(root.type) if root is not None else None
        inner = found.fields.get("aggregate") if is_object_type(found) else None
        kind = get_named_type(inner.type) if inner is not None else None
        if not is_object_type(kind):
            return {}
        fields = {name: get_named_type(field.type) for name, field in kind.fields.items()}
        return {name: frozenset(of.fields if is_object_type(of) else ()) for name, of in fields.items()}

    def counted(self) -> frozenset[str]:
        """The fields whose values can be counted."""
        root = self.roots.get(f"{self.name}_aggregate")
        found = get_named_type(root.type) if root is not None else None
        inner = found.fields.get("aggregate") if is_object_type(found) else None
        kind = get_named_type(inner.type) if inner is not None else None
        count = kind.fields.get("count") if is_object_type(kind) else None
        if count is None or not count.args.keys() >= {"columns", "distinct"}:
            return frozenset()
        return _values(count.args["columns"].type)

    def field(self, name: str) -> GraphQLField | None:
        """A field of its rows."""
        return self.kind.fields.get(name) if self.kind is not None else None

    def _inputs(self, argument: str, path: tuple[str, ...]) -> Mapping[str, GraphQLInputType]:
        given = self.arguments().get(argument)
        found = get_named_type(given.type) if given is not None else None
        for name in path:
            inner = found.fields.get(name) if is_input_object_type(found) else None
            found = get_named_type(inner.type) if inner is not None else None
        return _fields(found) if is_input_object_type(found) else {}


def _fields(of: GraphQLInputObjectType) -> Mapping[str, GraphQLInputType]:
    return {name: field.type for name, field in of.fields.items()}


def _values(of: GraphQLInputType) -> frozenset[str]:
    named = get_named_type(of)
    return frozenset(named.values) if is_enum_type(named) else frozenset()
