"""Observes the JSON form of list values, by the first rows, and by other rows for fields those lack.

Which rows come first is chance: they may all be open trades without a profit. Without a value for such a
field its changed form would go unnoticed, or a correct one would look wrong.
"""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
)

from gate.endpoints import Side
from gate.observations.forms import Form, FormsSeen, ListForms
from gate.observations.graphql import Role
from gate.observations.unobserved import Cause, Unobserved
from gate.probes.graphql.ask import ask
from gate.probes.graphql.schema import introspect
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World
from gate.schema.introspection import described

DOCUMENTS = frozenset({"json", "jsonb"})
"""Types whose values have whatever form a handler gave them."""
MOMENTS = frozenset({"timestamp", "timestamptz"})
WRITTEN = frozenset({"numeric", "bigint", "float8"})
"""Numbers that an engine may return as text."""
TOTALS = ("sum", "max", "min", "avg")
ROWS = 50
"""How many rows are requested."""
NUMBER = re.compile(r"-?\d")
OFFSET = re.compile(r"[+-]\d\d(:?\d\d)?$")


@unseen_as_value
async def look(world: World, side: Side) -> FormsSeen:
    """The forms that the public role receives, one list at a time, because the belt serves."""
    data = await world.once(introspect, side, Role.PUBLIC)
    if isinstance(data, Unobserved):
        raise UnseenError(data.reason, data.cause)
    root = described(data).query_type
    lists = {name: kind for name, field in (root.fields if root else {}).items() if (kind := _rows_of(field))}
    totals = {name: _totals(root.fields.get(f"{name}_aggregate") if root else None) for name in lists}
    return FormsSeen(
        lists={name: await _list(world, side, name, lists[name], totals[name]) for name in sorted(lists)}
    )


def _rows_of(field: GraphQLField) -> GraphQLObjectType | None:
    """The row type of a list that accepts a limit."""
    kind = get_named_type(field.type)
    if not field.args.keys() >= {"limit"} or not is_list_type(get_nullable_type(field.type)):
        return None
    return kind if is_object_type(kind) else None


def _totals(root: GraphQLField | None) -> Mapping[str, Mapping[str, str]]:
    """The aggregate functions that return such numbers, each with its fields and their types."""
    total = _inner(get_named_type(root.type), "aggregate") if root and "limit" in root.args else None
    found = {}
    for function in TOTALS if total is not None else ():
        kind = _inner(total, function)
        types = {name: get_named_type(of.type).name for name, of in kind.fields.items()} if kind else {}
        found[function] = {name: type_ for name, type_ in types.items() if type_ in WRITTEN}
    return {function: types for function, types in found.items() if types}


def _inner(kind: object, name: str) -> GraphQLObjectType | None:
    field = kind.fields.get(name) if isinstance(kind, GraphQLObjectType) else None
    found = get_named_type(field.type) if field is not None else None
    return found if is_object_type(found) else None


@unseen_as_value
async def _list(
    world: World,
    side: Side,
    name: str,
    kind: GraphQLObjectType,
    totals: Mapping[str, Mapping[str, str]],
) -> ListForms:
    """The forms of one list's fields and of aggregates over it, from one query."""
    types = {
        field: get_named_type(of.type).name
        for field, of in kind.fields.items()
        if is_leaf_type(get_named_type(of.type)) and get_named_type(of.type).name not in DOCUMENTS
    }
    if not types:
        return ListForms(fields={})
    made = " ".join(f"{function} {{ {' '.join(of)} }}" for function, of in totals.items())
    total = f" totals: {name}_aggregate(limit: {ROWS}) {{ aggregate {{ {made} }} }}" if made else ""
    query = f"query Forms {{ rows: {name}(limit: {ROWS}) {{ {' '.join(types)} }}{total} }}"
    public = partial(ask, world, side, role=Role.PUBLIC)
    data = await public(query)
    found = forms_in(data.get("rows"), types, name)
    if data["rows"]:
        with suppress(UnseenError):
            found |= await rarer(public, name, {field: types[field] for field in types.keys() - found.keys()})
    return ListForms(fields={**found, **dict(_forms_of_totals(data.get("totals"), totals))})


def _forms_of_totals(
    given: object, totals: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, tuple[str, Form]]]:
    """The form of each number received; empty aggregates are skipped, non-numbers are text on any belt."""
    found = given.get("aggregate") if isinstance(given, dict) else None
    for function, types in totals.items():
        values = found.get(function) if isinstance(found, dict) else None
        for name, kind in types.items():
            value = values.get(name) if isinstance(values, dict) else None
            if value is not None and NUMBER.match(str(value)):
                yield f"{function}.{name}", (kind, form_of(value, kind))


async def rarer(
    ask: Callable[[str], Awaitable[Mapping[str, Any]]], name: str, types: Mapping[str, str]
) -> dict[str, tuple[str, Form]]:
    """The form of fields that none of the first rows has, from a row that has them, if there is one.

    The query has a name of its own: caches that key by name returned the answer to another one.
    """
    wanted = [
        f"{field}: {name}(where: {{{field}: {{_is_null: false}}}}, limit: 1) {{ {field} }}"
        for field in sorted(types)
    ]
    data = await ask(f"query Written {{ {' '.join(wanted)} }}") if wanted else {}
    found: dict[str, tuple[str, Form]] = {}
    for field in types:
        # A belt that does not answer this is found out by its other answers.
        if isinstance(rows := data.get(field), list):
            found |= forms_in(rows, {field: types[field]}, name)
    return found


def forms_in(rows: object, types: Mapping[str, str], name: str) -> dict[str, tuple[str, Form]]:
    """The form of most values of a field; non-numbers such as NaN are text on any belt."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnseenError(f"{name} does not answer with a list of rows", Cause.BAD_ANSWER)
    found = {}
    for field, kind in types.items():
        seen = Counter(form_of(row[field], kind) for row in rows if row.get(field) is not None)
        if seen:
            found[field] = (kind, seen.most_common(1)[0][0])
    return found


def form_of(value: object, kind: str) -> Form:
    """The form of one value; `kind` is the GraphQL type of its field."""
    match value:
        case bool():
            return Form.FLAG
        case str() if kind in MOMENTS:
            return _zone(value)
        case str():
            return Form.TEXT
        case list():
            return Form.LIST
        case dict():
            return Form.MAP
        case _:
            return Form.NUMBER


def _zone(text: str) -> Form:
    if text.upper().endswith("Z"):
        return Form.ZULU
    return Form.OFFSET if OFFSET.search(text) else Form.PLAIN
