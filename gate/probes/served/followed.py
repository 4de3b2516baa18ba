"""What subscribers get of every entity, held against the candidate's own database.

Of each entity a few rows are read: as the first answer of a live query, and as the first batch of a stream.
Rows are judged by the rules by which those of queries are. One live query is listened to all the while: what
it told last has to be what the database holds.
"""

import random
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import orjson
from graphql import GraphQLError, GraphQLSchema

from gate.endpoints import Side
from gate.observations.followed import FieldSeen, Followed, Subscriptions, Unfollowed, Unoffered
from gate.observations.graphql import Role
from gate.observations.unobserved import Cause, Unobserved
from gate.probes.database.catalog import Table
from gate.probes.database.session import Database, connect
from gate.probes.graphql.ask import data_of
from gate.probes.served.door import Door
from gate.probes.served.few import Few
from gate.probes.served.listening import Listening
from gate.probes.served.look import Belt, belt_of, nearby, selection_of
from gate.probes.served.looks import Looker
from gate.probes.served.pace import shared
from gate.probes.served.questions import count_of, drawn_rows, put, row_of
from gate.probes.served.shape import Shape
from gate.probes.served.subscribed import Live, Streamed
from gate.probes.served.table import Selection, Span
from gate.probes.served.versions import history_of
from gate.probes.served.views import views_in
from gate.probes.served.websocket import Subscriber
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World

FEW = Few(rows=100, between=1, newest=1)
EVERY = "every entity"
REFUSED = frozenset({Cause.UNSUPPORTED, Cause.DENIED, Cause.BAD_ANSWER})
"""Why a subscription is not answered where somebody decided that, and it is no matter of time."""


@unseen_as_value
async def look(world: World) -> Subscriptions:
    """Subscribes as each role, one after the other."""
    async with connect(world, Side.CANDIDATE) as database:
        belt = await belt_of(world, database)
        pace = await world.once(shared)
        public, *others = (
            Door(world=world, role=role, pace=pace) for role in (Role.PUBLIC, *world.policy.served.roles)
        )
        async with AsyncExitStack() as stack:
            listening = await _listening(public, database)
            if listening is not None:
                await stack.enter_async_context(listening)
            fields = [one for door in (public, *others) async for one in _role(belt, door, database)]
            progress = None if listening is None else await listening.told()
            return Subscriptions(fields=tuple(fields), progress=progress)


async def _listening(public: Door, database: Database) -> Listening | None:
    """To the first view of the progress that can be subscribed to."""
    try:
        views = [*views_in((await public.schema()).subscription_type)]
    except (UnseenError, GraphQLError, KeyError, TypeError, ValueError):
        return None  # each list says why
    for view, names in views[:1]:
        subscriber = Subscriber(world=public.world, side=Side.CANDIDATE, role=public.role)
        return Listening(view=view, names=tuple(names), database=database, subscriber=subscriber)
    return None


async def _role(belt: Belt, door: Door, database: Database) -> AsyncIterator[FieldSeen]:
    """All entities that a role gets by queries."""
    try:
        schema = await door.schema()
    except UnseenError as unseen:
        yield await _unfollowed(EVERY, door, unseen)
        return
    except (GraphQLError, KeyError, TypeError, ValueError) as error:
        no_schema = UnseenError(f"its introspection is no schema: {error}", Cause.BAD_ANSWER)
        yield await _unfollowed(EVERY, door, no_schema)
        return
    queried = [table for table in belt.entities if belt.shape(schema, table) is not None]
    async with Subscriber(world=door.world, side=Side.CANDIDATE, role=door.role) as subscriber:
        role = Subscribing(belt=belt, database=database, subscriber=subscriber, door=door)
        for table in queried:
            async for one in role.entity(table, _subscribed(schema)):
                yield one


def _subscribed(schema: GraphQLSchema) -> GraphQLSchema:
    """What can be subscribed to, as if it were what can be asked for."""
    return GraphQLSchema(query=schema.subscription_type, types=tuple(schema.type_map.values()))


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscribing:
    """One role, on one connection."""

    belt: Belt
    database: Database
    subscriber: Subscriber
    door: Door

    async def entity(self, table: Table, schema: GraphQLSchema) -> AsyncIterator[FieldSeen]:
        """Its live query and its stream; one that cannot be followed does not take the other with it."""
        shape, stream = self.belt.shape(schema, table), f"{table.name}_stream"
        if shape is None:
            yield Unoffered(field=table.name, role=self.door.role)
            return
        try:
            selection, spans = await self._selected(shape)
        except UnseenError as unseen:
            yield await _unfollowed(table.name, self.door, unseen)
            return
        yield await self._followed(table.name, self._live(selection, spans))
        if schema.query_type and stream in schema.query_type.fields:
            yield await self._followed(stream, self._stream(selection, spans))
        else:
            yield Unoffered(field=stream, role=self.door.role)

    async def _selected(self, shape: Shape) -> tuple[Selection, Sequence[Span]]:
        """What is read of every row, and which rows."""
        if not shape.key:
            raise UnseenError(
                f"{shape.name} has no key that {self.door.role} sees: its rows cannot be told apart",
                Cause.UNDECIDABLE,
            )
        draw = random.Random(f"{self.belt.world.seed} subscribed {shape.name}")  # noqa: S311 - no secret
        async with self.database.snapshot() as snapshot:
            spans = await FEW.spans(snapshot, shape, draw)
        return nearby(self.belt, await selection_of(self.belt, self.door, shape)), spans

    async def _followed(self, field: str, following: Awaitable[Followed]) -> FieldSeen:
        try:
            return replace(await following, field=field)
        except UnseenError as unseen:
            return await _unfollowed(field, self.door, unseen)

    async def _live(self, selection: Selection, spans: Sequence[Span]) -> Followed:
        door = Live(
            world=self.door.world, role=self.door.role, pace=self.door.pace, subscriber=self.subscriber
        )
        looker = self._looker(door, selection)
        async with self.database.snapshot() as snapshot:
            rows = await drawn_rows(snapshot, selection, spans)
        questions = [row_of(selection, row) for row in rows[:1] if selection.shape.by_key]
        if selection.shape.aggregates:
            questions.append(count_of(selection, None, ""))
        beyond = Span(above=spans[-1].until if spans else None)
        found = await self._read(looker, (*spans, beyond))
        asked, wrong = await put(looker, questions)
        return replace(found, asked=asked, wrong=(*found.wrong, *wrong))

    async def _stream(self, selection: Selection, spans: Sequence[Span]) -> Followed:
        """A stream begins after a row, so the first of each span is where it does."""
        main = selection.shape.main.column.name
        async with self.database.snapshot() as snapshot:
            firsts = [await drawn_rows(snapshot, selection, [span]) for span in spans]
        begun = [replace(span, above=rows[0][main]) for span, rows in zip(spans, firsts, strict=True) if rows]
        begun = [span for span in begun if span.above != span.until]
        door = Streamed(
            world=self.door.world,
            role=self.door.role,
            pace=self.door.pace,
            subscriber=self.subscriber,
            begins=frozenset(span.above for span in begun if span.above is not None),
        )
        # It knows one column: rows in which that is the same come in any order.
        looker = replace(self._looker(door, selection), ordered=len(selection.shape.key) == 1)
        return await self._read(looker, begun)

    def _looker(self, door: Door, selection: Selection) -> Looker:
        history = history_of(selection, self.belt.tables)
        return Looker(door=door, database=self.database, selection=selection, history=history)

    async def _read(self, looker: Looker, spans: Sequence[Span]) -> Followed:
        outcomes = [await looker.compare(span) for span in spans]
        return Followed(
            field=looker.selection.shape.name,
            role=self.door.role,
            read=sum(one.read for one in outcomes),
            rows=tuple(row for one in outcomes for row in one.unlike),
            wrong=tuple(wrong for one in outcomes for wrong in one.wrong),
            restless=sum(one.restless for one in outcomes),
        )


async def _unfollowed(field: str, door: Door, unseen: UnseenError) -> Unfollowed:
    """What could not be followed, and whether it can be today: asked only where that decides something."""
    decided = unseen.unobserved.cause in REFUSED and field != EVERY and not field.endswith("_stream")
    today = await _today(field, door) if decided else Unobserved(reason="not asked", cause=Cause.NOT_LOOKED)
    return Unfollowed(field=field, role=door.role, why=unseen.unobserved, today=today)


async def _today(field: str, door: Door) -> bool | Unobserved:
    """Whether the serving belt answers a subscription to the same list."""
    serving = door.world.endpoints.serving
    if serving is None:
        return Unobserved(reason="no belt serves yet", cause=Cause.NOT_GIVEN)
    query = f"subscription Today {{ rows: {field}(limit: 1) {{ __typename }} }}"
    try:
        async with Subscriber(world=door.world, side=Side.SERVING, role=door.role) as subscriber:
            message = orjson.loads(await subscriber.first(query, {}))
            data_of(message.get("payload"), subscriber.address)
    except UnseenError as unseen:
        return False if unseen.unobserved.cause in REFUSED else unseen.unobserved
    return True
