"""Compares a few random rows from any address with those of the candidate.

This is the cheap check of who answers there. If a belt beside the candidate holds the very same rows, correct
rows do not tell whose they are, which is reported.
"""

import random
from contextlib import AsyncExitStack
from dataclasses import dataclass

from graphql import GraphQLError

from gate.endpoints import Side
from gate.observations.graphql import Role
from gate.observations.served import RowUnlike
from gate.observations.unobserved import Cause
from gate.probes.database import catalog
from gate.probes.database.session import Database, connect
from gate.probes.served import table
from gate.probes.served.door import Door
from gate.probes.served.few import Few
from gate.probes.served.look import forms_of
from gate.probes.served.looks import Looker
from gate.probes.served.pace import Pace
from gate.probes.served.shape import Shape, shape_of
from gate.probes.served.table import Selection, Span
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World

ENTITIES = 20
"""If there are more entities, this many are drawn."""
ROWS = 5
"""Rows of one span."""
BETWEEN, NEWEST = 2, 3
"""Spans from the whole range of keys, and spans of rows that were written last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """What was drawn. `apart` counts rows that match the candidate and differ on the other belt."""

    rows: int
    apart: int
    unlike: tuple[tuple[str, RowUnlike], ...] = ()


@unseen_as_value
async def look(world: World) -> Drawn:
    """Compares the address given as the candidate's GraphQL with the candidate's database.

    The serving belt, if there is one, is what must not be mistaken for it.
    """
    draw = random.Random(world.seed)  # noqa: S311 - which rows, is no secret
    door = Door(world=world, role=Role.PUBLIC, pace=Pace(rate=world.policy.served.rate))
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(connect(world, Side.CANDIDATE))
        other = await _other(world, stack)
        shapes = await _shapes(door, database)
        if not shapes:
            raise UnseenError("the alias shows no entity of the belt", Cause.BAD_ANSWER)
        found = [
            await _entity(door, shape, database, other, draw)
            for shape in draw.sample(shapes, min(ENTITIES, len(shapes)))
        ]
    return Drawn(
        rows=sum(one.rows for one in found),
        apart=sum(one.apart for one in found),
        unlike=tuple(row for one in found for row in one.unlike),
    )


async def _other(world: World, stack: AsyncExitStack) -> Database | None:
    serving = world.endpoints.serving
    if serving is None or serving.database is None:
        return None
    return await stack.enter_async_context(connect(world, Side.SERVING))


async def _shapes(door: Door, database: Database) -> list[Shape]:
    try:
        schema = await door.schema()
    except (GraphQLError, KeyError, TypeError, ValueError) as error:
        raise UnseenError(f"its introspection is no schema: {error}", Cause.BAD_ANSWER) from None
    async with database.snapshot() as snapshot:
        tables = await catalog.read(snapshot)
    shapes = [shape_of(schema, entity, tables, {}) for entity in tables.entities]
    return [shape for shape in shapes if shape is not None and shape.key]


async def _entity(
    door: Door, shape: Shape, database: Database, other: Database | None, draw: random.Random
) -> Drawn:
    selection = Selection(shape=shape, forms=await forms_of(door, shape), ways=())
    looker = Looker(door=door, database=database, selection=selection)
    async with database.snapshot() as snapshot:
        few = Few(rows=ROWS, between=BETWEEN, newest=NEWEST)
        spans = await few.spans(snapshot, shape, draw)
    rows, apart, unlike = 0, 0, []
    for span in spans:
        before = await _twice(selection, span, database, other)
        outcome = await looker.compare(span)
        after = await _twice(selection, span, database, other)
        rows += outcome.read
        unlike += [(shape.name, row) for row in outcome.unlike]
        # Only rows unchanged on both sides tell whose rows came in between.
        if before == after and before[1] is not None and before[0] != before[1]:
            apart += outcome.read
    return Drawn(rows=rows, apart=apart, unlike=tuple(unlike))


async def _twice(
    selection: Selection, span: Span, database: Database, other: Database | None
) -> tuple[str, str | None]:
    """A span in both databases; another belt that lacks the entity holds nothing of it."""
    ours = await _text(selection, span, database)
    if other is None:
        return ours, None
    try:
        return ours, await _text(selection, span, other)
    except UnseenError as unseen:
        if unseen.unobserved.cause is not Cause.BAD_ANSWER:
            raise
        return ours, ""


async def _text(selection: Selection, span: Span, database: Database) -> str:
    async with database.snapshot() as snapshot:
        text, _ = await table.read_text(snapshot, selection, table.within(selection.shape, span))
    return text
