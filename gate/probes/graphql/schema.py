"""Reads the schema of each role, and how many rows lists return to the public role."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeGuard

from graphql import (
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_introspection_query,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
)

from gate.endpoints import Side
from gate.observations.graphql import Role, RowLimit, RowLimits, SchemaSeen
from gate.observations.unobserved import Cause, Unobserved
from gate.probes.graphql.ask import ask, belt_on
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World
from gate.schema.introspection import described

# As old servers understand it: no consumer's query can depend on what it leaves out.
QUESTION = get_introspection_query(descriptions=False)

# Envio's hosted limit is 1,000 rows, and the largest seen in the field is 10,000.
ASKED = 10_001
AGAIN, PAUSE = 10, 1.0
"""How often a list that is too short is requested again, and the seconds in between."""


@unseen_as_value
async def look(world: World, side: Side) -> SchemaSeen:
    """The schema of the public role, and of the administrator if a secret is given."""
    belt = belt_on(world.endpoints, side)
    return SchemaSeen(
        public=await world.once(introspect, side, Role.PUBLIC),
        admin=await world.once(introspect, side, Role.ADMIN) if belt.admin_secret else None,
    )


@unseen_as_value
async def introspect(world: World, side: Side, role: Role) -> Mapping[str, Any]:
    """The introspection of one belt as one role, checked to be a schema."""
    data = await ask(world, side, QUESTION, role=role)
    _built(data, side)
    return data


@unseen_as_value
async def look_at_limits(world: World, side: Side) -> RowLimits:
    """How many rows each list returns if more are requested, one list at a time, because the belt serves."""
    found = await world.once(_limits, side)
    if isinstance(found, Unobserved):
        raise UnseenError(found.reason, found.cause)
    if side is Side.SERVING or world.endpoints.serving is None:
        return found
    today = await world.once(_limits, Side.SERVING)
    return found if isinstance(today, Unobserved) else await _as_long(world, found, today)


@unseen_as_value
async def _limits(world: World, side: Side) -> RowLimits:
    lists = await _columns(world, side)
    return RowLimits(
        lists=tuple([(name, await _limit(world, side, name, lists[name])) for name in sorted(lists)])
    )


async def _columns(world: World, side: Side) -> Mapping[str, str]:
    """Every list, with the column that is requested."""
    data = await world.once(introspect, side, Role.PUBLIC)
    if isinstance(data, Unobserved):
        raise UnseenError(data.reason, data.cause)
    return dict(lists_of(_built(data, side)))


async def _as_long(world: World, found: RowLimits, today: RowLimits) -> RowLimits:
    """Looks again at lists that are shorter than the serving belt's but not cut by a limit.

    Both belts move, and one is ahead: a list is short only if it stays shorter than the serving belt's was
    before. Rows may disappear there too, so the smallest number seen there counts.
    """
    lists, goals = dict(found.lists), dict(today.lists)
    columns = await _columns(world, Side.CANDIDATE)
    for attempt in range(AGAIN):
        short = [name for name, limit in lists.items() if _is_short(limit, goals.get(name))]
        if not short or world.remaining < AGAIN * PAUSE:
            break
        if attempt:
            await asyncio.sleep(PAUSE)
        for name in short:
            now = await _limit(world, Side.SERVING, name, columns[name])
            goals[name] = now if _is_short(now, goals[name]) else goals[name]
            lists[name] = await _limit(world, Side.CANDIDATE, name, columns[name])
    return RowLimits(
        lists=tuple(
            (name, replace(limit, short=True) if _is_short(limit, goals.get(name)) else limit)
            for name, limit in sorted(lists.items())
        )
    )


def _is_short(limit: RowLimit | Unobserved, goal: RowLimit | Unobserved | None) -> TypeGuard[RowLimit]:
    return (
        isinstance(limit, RowLimit)
        and isinstance(goal, RowLimit)
        and not limit.cut
        and limit.given < goal.given
    )


def lists_of(schema: GraphQLSchema) -> tuple[tuple[str, str], ...]:
    """The lists of the query root that take a limit, each with a column to request."""
    root = schema.query_type
    found = ((name, _column(field)) for name, field in sorted(root.fields.items())) if root else ()
    return tuple((name, column) for name, column in found if column)


def _column(field: GraphQLField) -> str | None:
    """The first plain column of a list that takes limit and offset; `None` for any other field."""
    kind = get_named_type(field.type)
    if (
        not {"limit", "offset"} <= field.args.keys()
        or not is_list_type(get_nullable_type(field.type))
        or not is_object_type(kind)
    ):
        return None
    return _plain(kind)


def _plain(kind: GraphQLObjectType) -> str | None:
    """A column without required arguments, preferably Envio's key."""
    plain = [
        name
        for name, field in kind.fields.items()
        if is_leaf_type(get_named_type(field.type)) and not _required(field.args)
    ]
    return "id" if "id" in plain else next(iter(plain), None)


def _required(arguments: Mapping[str, GraphQLArgument]) -> bool:
    """True if any argument is required."""
    return any(get_nullable_type(argument.type) is not argument.type for argument in arguments.values())


@unseen_as_value
async def _limit(world: World, side: Side, name: str, column: str) -> RowLimit:
    """One list's limit: rows beyond the last one returned prove that something cut it.

    A row may be written between two queries, so the list is requested again after the row beyond it was seen:
    a list without a limit would include it.
    """
    given = await _count(world, side, name, column, limit=ASKED, offset=0)
    if given >= ASKED or not await _count(world, side, name, column, limit=1, offset=given):
        return RowLimit(asked=ASKED, given=given, cut=False)
    again = await _count(world, side, name, column, limit=ASKED, offset=0)
    return RowLimit(asked=ASKED, given=again, cut=again <= given)


async def _count(world: World, side: Side, name: str, column: str, *, limit: int, offset: int) -> int:
    """How many rows one list returns."""
    query = f"query Limit {{ rows: {name}(limit: {limit}, offset: {offset}) {{ {column} }} }}"
    rows = (await ask(world, side, query, role=Role.PUBLIC)).get("rows")
    if not isinstance(rows, list):
        raise UnseenError(f"{name} of the {side} belt does not answer with a list", Cause.BAD_ANSWER)
    return len(rows)


def _built(data: Mapping[str, Any], side: Side) -> GraphQLSchema:
    """The schema that an introspection describes."""
    try:
        return described(data)
    except (GraphQLError, KeyError, TypeError, ValueError) as error:
        raise UnseenError(
            f"the introspection of the {side} belt does not describe a schema: {error}", Cause.BAD_ANSWER
        ) from error
