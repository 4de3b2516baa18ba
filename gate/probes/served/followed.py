"""Compares what subscribers receive of every entity with the candidate's own database.

Of each entity a few rows are read, as the first answer of a live query and as the first batch of a stream,
and judged by the same rules as those of queries. One live query stays open throughout: its last answer must
match the database.
"""

import asyncio
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
from gate.probes.database import transactions
from gate.probes.database.session import Database, connect
from gate.probes.graphql.ask import data_of
from gate.probes.http import EXCHANGE_SECONDS
from gate.probes.served import today
from gate.probes.served.door import Door
from gate.probes.served.few import Few
from gate.probes.served.listening import Listening
from gate.probes.served.look import Belt, belt_of, nearby, numbered, selection_of
from gate.probes.served.looks import Looker
from gate.probes.served.pace import Pace, shared
from gate.probes.served.questions import count_of, drawn_rows, put, row_of
from gate.probes.served.shape import Shape
from gate.probes.served.subscribed import Live, Streamed, patiently
from gate.probes.served.table import Selection, Span, count
from gate.probes.served.versions import history_of
from gate.probes.served.views import views_in
from gate.probes.served.websocket import Subscriber
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World

FEW = Few(rows=100, between=1, newest=1)
EVERY = "every entity"
DECIDED = frozenset({Cause.UNSUPPORTED, Cause.DENIED, Cause.BAD_ANSWER})
"""Causes of a refused subscription that waiting does not cure."""
REFUSED = frozenset({Cause.UNSUPPORTED, Cause.DENIED})
"""Causes of a deliberate refusal; a bad answer may come from a broken belt."""
LANES = 3
"""How many entities are followed at once: a stream's second batch comes a second after its first."""


@unseen_as_value
async def look(world: World) -> Subscriptions:
    """Subscribes as each role, one after the other."""
    async with AsyncExitStack() as stack:
        databases = [await stack.enter_async_context(connect(world, Side.CANDIDATE)) for _ in range(LANES)]
        database = databases[0]
        belt = await belt_of(world, database)
        pace = await world.once(shared)
        public, *others = (
            Door(world=world, role=role, pace=pace) for role in (Role.PUBLIC, *world.policy.served.roles)
        )
        listening = await _listening(public, database)
        if listening is not None:
            await stack.enter_async_context(listening)
        fields = [one for door in (public, *others) for one in await _role(belt, door, databases)]
        progress = None if listening is None else await listening.told()
        return Subscriptions(fields=tuple(fields), progress=progress)


async def _listening(public: Door, database: Database) -> Listening | None:
    """A subscription to the first view of the progress that supports it."""
    try:
        views = [*views_in((await public.schema()).subscription_type)]
    except (UnseenError, GraphQLError, KeyError, TypeError, ValueError):
        return None  # each list reports why
    for view, names in views[:1]:
        subscriber = Subscriber(world=public.world, side=Side.CANDIDATE, role=public.role)
        return Listening(view=view, names=tuple(names), database=database, subscriber=subscriber)
    return None


async def _role(belt: Belt, door: Door, databases: Sequence[Database]) -> list[FieldSeen]:
    """All entities that a role can query, a few at a time, each on a connection of its own."""
    try:
        schema = await door.schema()
    except UnseenError as unseen:
        return [await _unfollowed(EVERY, door, unseen)]
    except (GraphQLError, KeyError, TypeError, ValueError) as error:
        no_schema = UnseenError(f"its introspection is no schema: {error}", Cause.BAD_ANSWER)
        return [await _unfollowed(EVERY, door, no_schema)]
    shapes = [shape for table in belt.entities if (shape := belt.shape(schema, table)) is not None]
    subscribed, rest = _subscribed(schema), iter(shapes)
    found: dict[str, list[FieldSeen]] = {}

    async def lane(database: Database) -> None:
        async with Subscriber(world=door.world, side=Side.CANDIDATE, role=door.role) as subscriber:
            role = Subscribing(belt=belt, database=database, subscriber=subscriber, door=door)
            for shape in rest:
                found[shape.name] = [one async for one in role.entity(shape, subscribed)]

    async with asyncio.TaskGroup() as group:
        for database in databases:
            group.create_task(lane(database))
    return [one for shape in shapes for one in found[shape.name]]


def _subscribed(schema: GraphQLSchema) -> GraphQLSchema:
    """The subscription root in place of the query root."""
    return GraphQLSchema(query=schema.subscription_type, types=tuple(schema.type_map.values()))


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscribing:
    """One role on one connection."""

    belt: Belt
    database: Database
    subscriber: Subscriber
    door: Door

    async def entity(self, queried: Shape, schema: GraphQLSchema) -> AsyncIterator[FieldSeen]:
        """The live query and the stream of an entity; a failure of one does not stop the other.

        `queried` is its shape in queries; subscriptions may offer only one of the two.
        """
        live, stream = self.belt.shape(schema, queried.table), f"{queried.name}_stream"
        streamed = schema.query_type is not None and stream in schema.query_type.fields
        for field, there in ((queried.name, live is not None), (stream, streamed)):
            if not there:
                yield await self._unoffered(field)
        if live is None and not streamed:
            return
        try:
            selection, spans, floor = await self._selected(live or queried)
        except UnseenError as unseen:
            yield await _unfollowed(queried.name if live else stream, self.door, unseen)
            return
        if live is not None:
            yield await self._followed(queried.name, self._live(selection, spans, floor))
        if streamed:
            yield await self._followed(stream, self._stream(selection, spans))

    async def _unoffered(self, field: str) -> Unoffered:
        """A missing subscription; for the public role the schema probe compares both belts."""
        role = self.door.role
        now = None if role == Role.PUBLIC else await today.followed(self.door.world, role, field)
        return Unoffered(field=field, role=role, today=now)

    async def _selected(self, shape: Shape) -> tuple[Selection, Sequence[Span], int | None]:
        """What is read of every row, which rows, and since which transaction they may have been written."""
        if not shape.key:
            raise UnseenError(
                f"{shape.name} has no key that {self.door.role} sees: its rows cannot be told apart",
                Cause.UNDECIDABLE,
            )
        draw = random.Random(f"{self.belt.world.seed} subscribed {shape.name}")  # noqa: S311 - no secret
        async with self.database.snapshot() as snapshot:
            spans = await FEW.spans(snapshot, shape, draw)
            floor = await transactions.floor(snapshot) if numbered(self.belt, shape.name) else None
        return nearby(self.belt, await selection_of(self.belt, self.door, shape)), spans, floor

    async def _followed(self, field: str, following: Awaitable[Followed]) -> FieldSeen:
        try:
            return replace(await following, field=field)
        except UnseenError as unseen:
            return await _unfollowed(field, self.door, unseen)

    async def _live(self, selection: Selection, spans: Sequence[Span], floor: int | None) -> Followed:
        door = Live(
            world=self.door.world, role=self.door.role, pace=self.door.pace, subscriber=self.subscriber
        )
        looker = replace(self._looker(door, selection), floor=floor)
        async with self.database.snapshot() as snapshot:
            rows = await drawn_rows(snapshot, selection, spans)
        questions = [row_of(selection, row) for row in rows[:1] if selection.shape.by_key]
        if selection.shape.aggregates:
            questions.append(count_of(selection, None, ""))
        beyond = Span(above=spans[-1].until if spans else None)
        found = await self._read(looker, (*spans, beyond))
        answered = await put(looker, questions)
        return replace(
            found,
            asked=answered.asked,
            wrong=(*found.wrong, *answered.wrong),
            unsettled=answered.restless,
        )

    async def _stream(self, selection: Selection, spans: Sequence[Span]) -> Followed:
        """A stream starts after a row, so each span starts after its first one.

        One of them is followed to its second batch: how a stream continues is the same for all, and takes
        time. A stream orders by one column. If that is not the whole key, a batch may end within one value.
        """
        main = selection.shape.main.column.name
        async with self.database.snapshot() as snapshot:
            firsts = [await drawn_rows(snapshot, selection, [span]) for span in spans]
        begun = [replace(span, above=rows[0][main]) for span, rows in zip(spans, firsts, strict=True) if rows]
        begun = [span for span in begun if span.above != span.until]
        alone = len(selection.shape.key) == 1
        async with self.database.snapshot() as snapshot:
            counts = {span.above: await count(snapshot, selection.shape, span) for span in begun if alone}
        longest = max(begun, key=lambda span: counts.get(span.above, 0), default=None)
        halved = {above: rows for above, rows in counts.items() if above is not None and rows > 1}
        door = Streamed(
            world=self.door.world,
            role=self.door.role,
            pace=self.door.pace,
            subscriber=self.subscriber,
            begins=frozenset(span.above for span in begun if span.above is not None),
            halved={above: rows for above, rows in halved.items() if longest and above == longest.above},
        )
        # Rows with the same value come in any order, and a stream may be silent for a while
        # although there is more to come, so that no single look proves anything.
        looker = replace(self._looker(door, selection), ordered=alone)
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
    """What could not be followed, and whether it can be today, if that decides something."""
    decided = unseen.unobserved.cause in DECIDED and field != EVERY and not field.endswith("_stream")
    now = await _today(field, door) if decided else Unobserved(reason="not asked", cause=Cause.NOT_LOOKED)
    return Unfollowed(field=field, role=door.role, why=unseen.unobserved, today=now)


async def _today(field: str, door: Door) -> bool | Unobserved:
    """True if the serving belt answers a subscription to the same list.

    It refuses if it says so, or if its schema has no such field. If it offers the field and answers badly, it
    is broken, which does not excuse the candidate.
    """
    offered = await today.followed(door.world, door.role, field)
    if offered is None:
        return Unobserved(reason="no belt serves yet", cause=Cause.NOT_GIVEN)
    query = f"subscription Today {{ rows: {field}(limit: 1) {{ __typename }} }}"
    try:
        async with Subscriber(world=door.world, side=Side.SERVING, role=door.role) as subscriber:
            [told] = await patiently(
                Pace(rate=door.world.policy.served.rate),
                lambda: subscriber.told(query, {}, EXCHANGE_SECONDS, number=1),
            )
            data_of(orjson.loads(told).get("payload"), subscriber.address)
    except UnseenError as unseen:
        if unseen.unobserved.cause in REFUSED:
            return False
        missing = unseen.unobserved.cause is Cause.BAD_ANSWER and offered is False
        return False if missing else unseen.unobserved
    return True
