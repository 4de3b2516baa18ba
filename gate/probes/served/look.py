"""Compares every entity, as every role receives it, with the candidate's own database."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from graphql import GraphQLError, GraphQLSchema, print_schema

from gate.endpoints import Side
from gate.evidence import key
from gate.observations.constructs import ConstructsSeen
from gate.observations.forms import Form
from gate.observations.graphql import Role
from gate.observations.metadata import MetadataSeen
from gate.observations.plain import uneven
from gate.observations.served import (
    ListAbsent,
    ListSeen,
    ListServed,
    ListUnread,
    RowUnlike,
    Served,
    Stranger,
    Wrong,
)
from gate.observations.unobserved import NOT_LOOKED, Cause, Unobserved
from gate.probes.database import catalog, transactions
from gate.probes.database.catalog import Catalog, Table
from gate.probes.database.configured import configured
from gate.probes.database.plan import fields_of
from gate.probes.database.session import Database, Snapshot, connect
from gate.probes.graphql import forms, metadata
from gate.probes.served import recent, today, views
from gate.probes.served.catalogue import Surroundings, surroundings
from gate.probes.served.constructs import look as constructs
from gate.probes.served.constructs.look import Listing
from gate.probes.served.door import Door
from gate.probes.served.looks import Looker, Outcome
from gate.probes.served.pace import shared
from gate.probes.served.questions import SEARCHED, ask_all
from gate.probes.served.recent import Read
from gate.probes.served.shape import Shape, offered, shape_of, strange_fields
from gate.probes.served.spans import Reading, reading
from gate.probes.served.table import RELATED, TEXTS, Selection
from gate.probes.served.versions import history_of
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World

WORKERS = 2
"""How many questions run at once: the host is shared with the serving belt."""
ENOUGH = 100
"""Unequal rows after which an entity is read no further."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Belt:
    """What is known of the candidate before its rows are read."""

    world: World
    tables: Catalog
    entities: tuple[Table, ...]
    around: Surroundings
    metadata: MetadataSeen | Unobserved
    door: str | None
    """Identifies the path of rows to all readers."""
    internal: frozenset[str] = frozenset()
    """The entities that the belt's own schema hides from all readers."""

    def shape(self, schema: GraphQLSchema, table: Table) -> Shape | None:
        """How an entity appears in a schema; `None` if it does not."""
        declared = None if isinstance(self.metadata, Unobserved) else self.metadata.of(table.name)
        return shape_of(schema, table, self.tables, declared.relationships if declared else {})


@dataclass(frozen=True, kw_only=True, slots=True)
class Asker:
    """One role: its door, its schema, and the key under which results are cached."""

    door: Door
    schema: GraphQLSchema
    name: str | None
    kept: dict[str, Read]
    """The lists that were read whole in this run, by cache key."""

    def list(self, entity: str) -> str | None:
        """The cache key for a list that was read whole."""
        return None if self.name is None else key(self.name, entity)


@unseen_as_value
async def look(world: World) -> Served:
    """Reads the lists of all roles, one role after the other."""
    async with AsyncExitStack() as stack:
        databases = [await stack.enter_async_context(connect(world, Side.CANDIDATE)) for _ in range(WORKERS)]
        belt = await belt_of(world, databases[0])
        pace = await world.once(shared)
        doors = [
            Door(world=world, role=role, pace=pace) for role in (Role.PUBLIC, *world.policy.served.roles)
        ]
        lists = await lists_of(belt, doors, databases)
        return Served(lists=tuple(lists), views=await views.look(doors[0], databases[0]))


async def lists_of(belt: Belt, doors: Sequence[Door], databases: Sequence[Database]) -> list[ListSeen]:
    """All lists; caches the complete ones if the door was the same throughout.

    Lists shortened because the door is unchanged are read in full if it has changed after all.
    """
    kept: dict[str, Read] = {}
    lists = [one for door in doors for one in await _role(belt, door, databases, kept)]
    short = any(isinstance(one, ListServed) and one.short for one in lists)
    if not short and not kept:
        return lists
    if not await _stands(belt, databases[0]):
        return await lists_of(replace(belt, door=None), doors, databases) if short else lists
    if belt.world.cache is not None:
        for name, read in kept.items():
            recent.keep(belt.world.cache, name, read)
    return lists


async def _stands(belt: Belt, database: Database) -> bool:
    """True if the door is what it was before the lists were read, with its metadata read again."""
    now = await metadata.read(belt.world, Side.CANDIDATE)
    return belt.door is not None and await recent.door_of(belt.world, database, now) == belt.door


async def belt_of(world: World, database: Database) -> Belt:
    """Reads the belt's catalogue and its engine's metadata."""
    async with database.snapshot() as snapshot:
        tables = await catalog.read(snapshot)
        around = await surroundings(snapshot)
        internal = await _internal(snapshot, tables)
    seen = await metadata.look(world, Side.CANDIDATE)
    return Belt(
        world=world,
        tables=tables,
        entities=tuple(table for table in tables.entities if table.name not in around.partitions),
        around=around,
        internal=internal,
        metadata=seen,
        door=await recent.door_of(world, database, seen),
    )


async def _internal(snapshot: Snapshot, tables: Catalog) -> frozenset[str]:
    """The entities that the schema hides; empty if unknown."""
    try:
        return (await configured(snapshot, tables)).internal
    except UnseenError:
        return frozenset()


async def _role(
    belt: Belt, door: Door, databases: Sequence[Database], kept: dict[str, Read]
) -> list[ListSeen]:
    """All entities as one role receives them, and fields that are not the belt's own."""
    try:
        schema = await door.schema()
    except UnseenError as unseen:
        return [ListUnread(entity="every entity", role=door.role, why=unseen.unobserved)]
    except (GraphQLError, KeyError, TypeError, ValueError) as error:
        why = Unobserved(reason=f"its introspection is no schema: {error}", cause=Cause.BAD_ANSWER)
        return [ListUnread(entity="every entity", role=door.role, why=why)]
    names = {table.name for table in belt.entities}
    strangers = [Stranger(entity=name, role=door.role) for name in sorted(offered(schema) - names)]
    name = None if belt.door is None else key(belt.door, door.role, print_schema(schema))
    asker = Asker(door=door, schema=schema, name=name, kept=kept)
    lists = [await _entity(belt, asker, table, databases) for table in belt.entities]
    return [*strangers, *await _constructs(belt, asker, lists, databases[0])]


async def _constructs(
    belt: Belt, asker: Asker, lists: Sequence["Listed"], database: Database
) -> list[ListSeen]:
    """Adds to all lists how other forms of questions are answered; then caches what is right."""
    subjects = [one.subject for one in lists if one.subject is not None]
    answers = await constructs.look(asker.door, database, asker.schema, subjects, belt.world.seed)
    found: list[ListSeen] = []
    for one in lists:
        seen = one.seen
        if isinstance(seen, ListServed) and seen.entity in answers:
            seen = replace(seen, constructs=answers[seen.entity])
        if isinstance(seen, ListServed) and one.read is not None and seen.clean:
            asker.kept[one.read[0]] = one.read[1]
        found.append(seen)
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """One list, and what is still to be asked about it. `read` is cached if all of it is right."""

    seen: ListSeen
    subject: Listing | None = None
    read: tuple[str, Read] | None = None


async def _entity(belt: Belt, asker: Asker, table: Table, databases: Sequence[Database]) -> Listed:
    """Reads one entity; a failure does not stop the others."""
    role = asker.door.role
    shape = belt.shape(asker.schema, table)
    if shape is None:
        now = None if role == Role.PUBLIC else await today.asked(belt.world, role, table.name)
        hidden = table.name in belt.internal
        return Listed(seen=ListAbsent(entity=table.name, role=role, today=now, internal=hidden))
    try:
        return await _read(belt, asker, shape, databases)
    except UnseenError as unseen:
        return Listed(seen=ListUnread(entity=table.name, role=role, why=unseen.unobserved))


async def _read(belt: Belt, asker: Asker, shape: Shape, databases: Sequence[Database]) -> Listed:
    door, strange = asker.door, strange_fields(shape, asker.schema)
    if not shape.key:
        raise UnseenError(
            f"{shape.name} has no key, or {door.role} does not see it: its rows cannot be told apart",
            Cause.UNDECIDABLE,
        )
    places = fields_of(shape.table, belt.world.policy.entity(shape.name))
    draw = random.Random(f"{belt.world.seed} {shape.name}")  # noqa: S311 - which rows, is no secret
    name, at = asker.list(shape.name), time.time()
    told = shape.name not in belt.around.unnumbered
    before = recent.recall(belt.world, name) if told and _even(belt, door.role, shape) else None
    async with databases[0].snapshot() as snapshot:
        plan = await reading(
            snapshot,
            shape,
            places.chain if places.chain is not None and shape.of(places.chain) else None,
            most=belt.world.policy.served.whole,
            draw=draw,
        )
        floor = await transactions.floor(snapshot)
        since = [] if before is None else await recent.written(snapshot, shape, before)
    short = plan if before is None else recent.shortened(plan, since, draw)
    every = await selection_of(belt, door, shape)
    selection = nearby(belt, every, again=before is not None)
    found = Found()
    history = history_of(selection, belt.tables)
    stood = floor if numbered(belt, shape.name) else None
    readers = [
        Looker(door=door, database=database, selection=selection, history=history, floor=stood)
        for database in databases
    ]
    await _all(found, readers, short)
    indexed = {column for table, column in belt.around.indexed if table == shape.name}
    looker = Looker(door=door, database=databases[0], selection=every, floor=stood)
    answered = await ask_all(looker, places, plan, indexed)
    then = None if before is None else datetime.fromtimestamp(before.at, UTC)
    one = ListServed(
        entity=shape.name,
        role=door.role,
        held=plan.held,
        read=found.read,
        whole=short.whole and not found.enough,
        unlike=len(found.unlike),
        rows=tuple(found.unlike[:ENOUGH]),
        asked=answered.asked,
        wrong=(*found.wrong, *answered.wrong),
        uneven=tuple(filter(None, [belt.around.uneven.get(shape.name)])),
        unfollowed=(*shape.unfollowed, *strange),
        restless=found.restless,
        before=then if short is not plan else None,
        since=len(since),
        unsettled=answered.restless,
        constructs=ConstructsSeen(before=then) if then is not None else NOT_LOOKED,
    )
    return Listed(
        seen=one,
        subject=None if then is not None else _listing(belt, door, every, plan, floor),
        read=None if name is None or before is not None else (name, Read(at=at, floor=floor)),
    )


def numbered(belt: Belt, *names: str) -> bool:
    """True if every row of the given tables shows the transaction that wrote it."""
    return not any(name in belt.around.unnumbered or belt.around.uneven.get(name) for name in names)


def _listing(belt: Belt, door: Door, every: Selection, plan: Reading, floor: int) -> Listing:
    """What to ask about a list in other forms; ways to many only if an index or few rows allow it."""
    tables = (every.shape.name, *(way.remote.name for way in every.ways))
    ways = every.ways if plan.held <= SEARCHED else nearby(belt, every).ways
    return Listing(
        selection=every,
        spans=plan.spans,
        ways=tuple(way for way in ways if way.many),
        most=_most(belt, door.role, every),
        floor=floor if numbered(belt, *tables) else None,
    )


def _most(belt: Belt, role: str, selection: Selection) -> int:
    """The most rows that a role receives at once, as far as known."""
    most = [] if selection.first >= forms.ROWS else [selection.first]
    if not isinstance(belt.metadata, Unobserved):
        declared = belt.metadata.of(selection.shape.name)
        right = declared.permissions.get(role) if declared is not None else None
        most += [right.limit] if right is not None and right.limit else []
    return min(most, default=forms.ROWS)


def _even(belt: Belt, role: str, shape: Shape) -> bool:
    """True if nothing between a table and a role could filter rows."""
    if isinstance(belt.metadata, Unobserved) or belt.around.uneven.get(shape.name):
        return False
    return not uneven(belt.metadata, shape.name, role)


async def selection_of(belt: Belt, door: Door, shape: Shape) -> Selection:
    """All columns of an entity and all ways from it, as a door returns them."""
    first = await _first(door, shape)
    return Selection(
        shape=shape,
        forms=await _forms(door, shape, first),
        ways=shape.ways,
        related=_related(belt, door.role, shape),
        first=len(first) if isinstance(first, list) else 0,
    )


def nearby(belt: Belt, every: Selection, *, again: bool = False) -> Selection:
    """The selection without those ways to many that are checked for a few rows only.

    Those are ways without an index, and all ways if a list is read `again` through an unchanged door: which
    rows belong together is then determined by the database.
    """
    ways = every.shape.ways
    near = (way for way in ways if not way.many or (not again and _indexed(belt, way.remote.name, way.pairs)))
    return replace(every, ways=tuple(near))


def _indexed(belt: Belt, remote: str, pairs: tuple[tuple[str, str], ...]) -> bool:
    """True if an index finds the rows that a way leads to."""
    return any((remote, theirs) in belt.around.indexed for _, theirs in pairs)


def _related(belt: Belt, role: str, shape: Shape) -> int:
    """How many rows of a way to many are read: at most what the role receives at once."""
    if isinstance(belt.metadata, Unobserved):
        return RELATED
    tables = [belt.metadata.of(way.remote.name) for way in shape.ways if way.many]
    rights = [table.permissions.get(role) for table in tables if table is not None]
    return min([RELATED, *(right.limit for right in rights if right is not None and right.limit)])


async def forms_of(door: Door, shape: Shape) -> Mapping[str, Form]:
    """The form in which the role receives numbers."""
    return await _forms(door, shape, await _first(door, shape))


async def _first(door: Door, shape: Shape) -> object:
    """The first rows."""
    columns = " ".join(scalar.field for scalar in shape.scalars)
    query = f"query Forms {{ rows: {shape.name}(limit: {forms.ROWS}) {{ {columns} }} }}"
    return (await door.ask(query, {})).get("rows")


async def _forms(door: Door, shape: Shape, rows: object) -> Mapping[str, Form]:
    """The forms in the first rows, and for numbers that none of them has, in a row that has them."""
    types = {scalar.field: scalar.column.type for scalar in shape.scalars}
    found = forms.forms_in(rows, types, shape.name)
    left = {field: kind for field, kind in types.items() if kind in TEXTS and field not in found}
    if rows:
        found |= await forms.rarer(lambda query: door.ask(query, {}), shape.name, left)
    return {name: form for name, (_, form) in found.items()}


@dataclass(kw_only=True, slots=True)
class Found:
    """The results from the spans of one entity so far."""

    read: int = 0
    unlike: list[RowUnlike] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    restless: int = 0
    broken: UnseenError | None = None

    @property
    def enough(self) -> bool:
        """True if further rows would add nothing to the report."""
        return len(self.unlike) >= ENOUGH

    def add(self, outcome: Outcome) -> None:
        self.read += outcome.read
        self.unlike += outcome.unlike
        self.wrong += outcome.wrong
        self.restless += outcome.restless


async def _all(found: Found, readers: Sequence[Looker], plan: Reading) -> None:
    """Reads the spans in parallel, each reader on a connection of its own."""
    spans = iter(plan.spans)

    async def reads(looker: Looker) -> None:
        for span in spans:
            if found.enough or found.broken:
                return
            try:
                found.add(await looker.compare(span))
            except UnseenError as unseen:
                found.broken = unseen

    await asyncio.gather(*map(reads, readers))
    if found.broken and not found.enough:
        raise found.broken
