"""The fields of a selection against the schema: each exists, with valid arguments and selection."""

from collections.abc import Iterable

from graphql import GraphQLObjectType, GraphQLSchema, SelectionSetNode

from belts.engine.errors import invalid
from belts.engine.plan.arguments import Arguments
from belts.engine.plan.selection import Selected, Selector
from belts.engine.postgres.sql import literal


class Fields:
    """Reads the selections of one operation against one role's schema."""

    def __init__(self, schema: GraphQLSchema, selector: Selector) -> None:
        self.schema = schema
        self.selector = selector

    def of(self, sets: Iterable[SelectionSetNode], type_name: str, path: str) -> dict[str, Selected]:
        """The fields of an object type, each known, and with a selection exactly if it needs one."""
        type_ = self.type_(type_name)
        found = self.selector.fields(sets, type_name, path)
        if not found:
            # An object has at least one field, but directives may have removed all of them.
            return found
        for field in found.values():
            if field.name == "__typename":
                continue
            known = type_.fields.get(field.name)
            if known is None:
                raise invalid(
                    f"field '{field.name}' not found in type: '{type_name}'", f"{path}.{field.name}"
                )
            check_selection_set(field, known.type, f"{path}.{field.name}")
            if field.node.arguments and not known.args:
                name = field.node.arguments[0].name.value
                raise invalid(f"'{field.name}' has no argument named '{name}'", f"{path}.{field.name}")
        return found

    def type_(self, name: str) -> GraphQLObjectType:
        type_ = self.schema.type_map[name]
        if not isinstance(type_, GraphQLObjectType):
            raise TypeError(name)
        return type_

    def arguments(self, field: Selected, type_name: str, path: str) -> Arguments:
        expected = self.type_(type_name).fields[field.name].args
        if not expected:
            return {}
        return self.selector.reader.arguments(field.node.arguments, expected, field.name, path)


def typename(name: str) -> str:
    """`__typename` as SQL: a constant from the schema, never a client's text."""
    return f"{literal(name)}::text"


def check_selection_set(field: Selected, type_: object, path: str) -> None:
    """Refuses an object without a selection, and a scalar with one."""
    named = type_
    while hasattr(named, "of_type"):
        named = named.of_type
    if isinstance(named, GraphQLObjectType):
        if not field.sets:
            raise invalid(f"missing selection set for '{named.name}'", f"{path}.selectionSet")
    elif field.sets:
        raise invalid("unexpected subselection set for non-object field", path)
