"""One belt's rows at one height without another belt beside them: to be remembered, and to be met again.

What is remembered of an entity is, for each chain, how many rows it had at a block and the sum of their
hashes. A belt that is judged when the first one is long dead is counted and hashed at the same block.
"""

import asyncio
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from gate.endpoints import Side
from gate.observations.rows import Basis, EntityAbsent, EntityUnread
from gate.observations.state import (
    BeltState,
    Bucket,
    EntityHeld,
    EntityState,
    GroupHeld,
    GroupState,
    Held,
    Place,
)
from gate.observations.unobserved import Cause, Unobserved
from gate.policy.model import Mode, Policy
from gate.policy.waivers import NO_WAIVERS
from gate.probes.database import catalog, history, progress, relation
from gate.probes.database.catalog import Catalog, Kept, Kind, Table
from gate.probes.database.comparing import Pair
from gate.probes.database.facts import Facts, gather
from gate.probes.database.fingerprint import Exemption, Hash, keys, segments
from gate.probes.database.hashing import Compared
from gate.probes.database.plan import fields_of, plan
from gate.probes.database.pruned import Group, lost_past, too_many
from gate.probes.database.relation import Fields, Relation
from gate.probes.database.session import Database, Snapshot, connect
from gate.probes.rpc import blocks
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World

BUCKETS = 64
"""In so many parts rows are remembered that are read back from a history: one that has lost the past of some
rows does so in few of them."""

UNSETTLED = frozenset({Basis.EQUAL_PROGRESS})
"""What these rows hold depends on how far the belt was, which no other belt will ever be exactly."""

BETWEEN_LOOKS_SECONDS = 0.5

Seen = EntityHeld | EntityUnread | EntityAbsent


@unseen_as_value
async def take(world: World, begun: asyncio.Event | None = None) -> BeltState:
    """What the candidate holds when `begun` is set, at the heights at which it can be met again."""
    final = {chain.id: await blocks.called_final(world, chain.id) for chain in world.policy.chains}
    async with connect(world, Side.CANDIDATE) as database, database.snapshot() as snapshot:
        if begun is not None:
            begun.set()
        pair = Pair(serving=snapshot, candidate=snapshot, one_host=True)
        facts = await gather(pair, _plain(world.policy), final)
        if not facts.common.heights:
            raise UnseenError("; ".join(facts.common.young) or "the belt has no chain", Cause.UNDECIDABLE)
        entities = tuple([await _taken(world, facts, table) for table in facts.candidate.entities])
    return BeltState(progress=facts.progress[1], entities=entities)


@unseen_as_value
async def meet(world: World, state: BeltState, *, pruned: bool = False) -> Held:
    """What the candidate holds of everything that was remembered, once it has come so far.

    `pruned` says that it is the very belt that was remembered: only that can have lost what it held.
    """
    async with connect(world, Side.CANDIDATE) as database:
        await _arrival(world, database, state)
        async with database.snapshot() as snapshot:
            own = await progress.within(snapshot)
            meeting = Meeting(
                snapshot=snapshot,
                tables=await catalog.read(snapshot),
                floors=await history.floors(snapshot),
                chains=own.ids,
                reached=own.heights,
                pruned=pruned,
            )
            return Held(entities=tuple([await _met(meeting, entity) for entity in state.entities]))


async def _arrival(world: World, database: Database, state: BeltState) -> None:
    """Comes back when the candidate has passed every height that is remembered, or half of the time is up."""
    ends = time.monotonic() + world.remaining / 2
    while time.monotonic() < ends:
        own = await progress.current(database)
        if not any(_short(own.ids, own.heights, entity) for entity in state.entities):
            return
        await asyncio.sleep(BETWEEN_LOOKS_SECONDS)


def _short(chains: Collection[int], reached: Mapping[int, int], entity: EntityState) -> str:
    """Where a belt is not yet so far as an entity is remembered; a chain that it has not never comes."""
    return ", ".join(
        f"block {block} of chain {chain}"
        for chain, block in sorted(entity.heights.items())
        if chain in chains and reached.get(chain, -1) < block
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Meeting:
    """What is the same for every entity of the candidate: its tables, its history, its chains and heights."""

    snapshot: Snapshot
    tables: Catalog
    floors: Mapping[int, int]
    chains: frozenset[int]
    reached: Mapping[int, int]
    pruned: bool


def _kept(tables: Catalog, entity: str) -> Kept | None:
    """The history of an entity, if it tells its states."""
    kept = tables.kept(entity)
    if kept is not None and (torn := tables.torn(kept)):
        raise UnseenError(torn, Cause.UNSUPPORTED)
    return None if kept is not None and tables.disordered(kept) else kept


def _plain(policy: Policy) -> Policy:
    """The policy without all that compares two belts: here is only one."""
    entities = tuple(replace(entity, may_differ=(), floor=0, across=None) for entity in policy.entities)
    return replace(policy, mode=Mode.PARITY, waivers=NO_WAIVERS, entities=entities)


async def _taken(world: World, facts: Facts, table: Table) -> EntityState:
    policy = world.policy.entity(table.name)
    known = await facts.known(table, fields_of(table, policy))
    how = plan(table, policy, known, chains=len(facts.common.heights))
    heights, until = dict(facts.common.blocks), None
    if how.basis is Basis.BY_STATE:
        heights = facts.state_heights({})
    elif how.basis is Basis.BY_TIMESTAMP:
        until = await _seconds(world, heights)
    state = EntityState(
        entity=table.name,
        basis=how.basis,
        place=Place(
            chain=how.fields.chain,
            block=how.fields.block,
            timestamp=how.fields.timestamp,
            keyed=how.fields.keyed,
        ),
        key=table.key,
        columns={column.name: column.kind.name for column in table.columns},
        heights=heights,
        until=until,
        groups=(),
    )
    snapshot, kept = facts.pair.candidate, _kept(facts.candidate, table.name)
    rows = _relation(snapshot, table, state, kept, foreign=facts.foreign)
    settled = await _settled(snapshot, state, kept)
    groups = await _groups(snapshot, rows, _hash(table, state))
    return replace(state, groups=tuple(_state(one, how.basis, settled=settled) for one in groups.values()))


def _state(sums: Group, basis: Basis, *, settled: bool) -> GroupState:
    return GroupState(
        chain=sums.chain,
        rows=sums.rows,
        fingerprint=str(sums.whole) if settled else None,
        buckets=tuple(
            Bucket(number=number, keys=str(bucket.strict), rows=str(bucket.whole))
            for number, bucket in sorted(sums.buckets.items())
            if settled and basis is Basis.BY_STATE
        ),
    )


async def _seconds(world: World, heights: Mapping[int, int]) -> dict[int, int]:
    """When the block at the height of every chain was made."""
    made = {chain: await blocks.second(world, chain, block) for chain, block in heights.items()}
    unknown = [f"block {heights[chain]} of chain {chain}" for chain, second in made.items() if second is None]
    if unknown:
        raise UnseenError(f"nobody says when {unknown[0]} was made", Cause.UNDECIDABLE)
    return {chain: second for chain, second in made.items() if second is not None}


async def _settled(snapshot: Snapshot, state: EntityState, kept: Kept | None) -> bool:
    """Whether a height says what the rows hold: not where several chains write a row, or nobody keeps it."""
    if state.basis is not Basis.BY_STATE:
        return state.basis not in UNSETTLED
    if kept is None:
        return False
    return not (await history.tangled(snapshot, kept, state.heights)).all


async def _met(meeting: Meeting, state: EntityState) -> Seen:
    """One entity; one that cannot be read does not take the others with it."""
    table = meeting.tables.table(state.entity)
    if table is None:
        return EntityAbsent(entity=state.entity)
    if short := _short(meeting.chains, meeting.reached, state):
        why = f"the candidate has not reached {short}, where its rows are remembered: let it sync on"
        return EntityUnread(entity=state.entity, why=Unobserved(reason=why, cause=Cause.UNDECIDABLE))
    try:
        async with meeting.snapshot.savepoint():
            return await _compared(meeting, table, state)
    except UnseenError as unseen:
        return EntityUnread(entity=state.entity, why=unseen.unobserved)


async def _compared(meeting: Meeting, table: Table, state: EntityState) -> EntityHeld:
    absent = tuple(name for name in state.columns if table.column(name) is None)
    needed = {state.place.chain, state.place.block, state.place.timestamp, *state.key} - {None}
    if needed & set(absent) or table.key != state.key:
        raise UnseenError(
            f"{state.entity} does not have the key and the columns by which it was counted then",
            Cause.UNDECIDABLE,
        )
    kept = _kept(meeting.tables, state.entity)
    later = _later(meeting, state, kept)
    basis = Basis.EQUAL_PROGRESS if later else state.basis
    foreign = sorted(meeting.chains - state.heights.keys())
    rows = _relation(meeting.snapshot, table, replace(state, basis=basis), kept, foreign=foreign)
    doubt = later or await _doubt(meeting, table, state, kept, absent)
    now = await _groups(meeting.snapshot, rows, _hash(table, state, without=absent))
    then = {group.chain: group for group in state.groups}
    looked = meeting.pruned and not (later or absent)
    begun = await _begun(meeting, table, state, kept) if looked else {}
    return EntityHeld(
        entity=state.entity,
        basis=state.basis,
        groups=tuple(
            _held(
                then.get(chain),
                now.get(chain, Group(chain=chain)),
                begun.get(chain, {}),
                comparable=not (later or absent),
                later=bool(later),
            )
            for chain in sorted(then.keys() | now.keys(), key=lambda chain: chain or "")
        ),
        absent_columns=absent,
        later=later,
        doubt=doubt,
        columns=tuple(name for name in state.columns if name not in absent),
        chains=tuple(state.heights),
        chained=state.place.chain is not None or state.place.keyed,
    )


def _held(
    then: GroupState | None,
    now: Group,
    begun: Mapping[int, tuple[int, ...]],
    *,
    comparable: bool,
    later: bool,
) -> GroupHeld:
    alike: bool | None = None
    if then is None:
        # Rows of a chain that is known, and of which nothing was there then.
        alike = None if later else now.rows == 0
    elif then.fingerprint is not None and comparable:
        alike = (then.rows, then.fingerprint) == (now.rows, str(now.whole))
        if not alike and (lost := lost_past(then, now, begun)):
            past = lost.rows + sum(now.buckets[number].rows for number in lost.buckets & now.buckets.keys())
            return GroupHeld(chain=now.chain, then=then.rows, now=then.rows, alike=None, past=past)
        if not alike and too_many(then, now, begun):
            alike = None
    return GroupHeld(chain=now.chain, then=then.rows if then else 0, now=now.rows, alike=alike)


def _later(meeting: Meeting, state: EntityState, kept: Kept | None) -> str:
    """Why the rows cannot be seen as they were at the height; empty where they can."""
    if state.basis is Basis.EQUAL_PROGRESS:
        return "no history says what its rows were at a height"
    if state.basis is not Basis.BY_STATE:
        return ""
    if kept is None:
        return f"the candidate keeps no history of {state.entity}"
    for chain, block in sorted(state.heights.items()):
        floor = meeting.floors.get(chain, meeting.reached.get(chain, 0))
        if floor > block:
            return f"the candidate's history of chain {chain} reaches back to block {floor}, not to {block}"
    return ""


async def _doubt(
    meeting: Meeting, table: Table, state: EntityState, kept: Kept | None, absent: tuple[str, ...]
) -> str:
    """Why rows that are not the same need not be wrong."""
    changed = [
        name
        for name, kind in state.columns.items()
        if name not in absent and (column := table.column(name)) is not None and column.kind.name != kind
    ]
    if changed:
        return f"{', '.join(changed)} has another type than it had"
    if kept is not None and state.basis is not Basis.BY_STATE:
        row = await history.rewritten(meeting.snapshot, kept, state.place.block)
        return f"row {row} was rewritten since" if row else ""
    if kept is not None:
        return (await history.tangled(meeting.snapshot, kept, state.heights)).words
    return ""


def _relation(
    snapshot: Snapshot, table: Table, state: EntityState, kept: Kept | None, *, foreign: Iterable[int]
) -> Relation:
    """The rows of one entity at its heights, in as few segments as there can be."""
    place = state.place
    fields = Fields(chain=place.chain, block=place.block, timestamp=place.timestamp, keyed=place.keyed)
    match state.basis:
        case Basis.AT_BLOCK:
            bits = max(state.heights.values()).bit_length()
            return relation.at_block(
                snapshot, table, fields, heights=state.heights, foreign=foreign, bits=bits
            )
        case Basis.BY_TIMESTAMP if state.until:
            return relation.by_timestamp(snapshot, table, fields, until=state.until, foreign=foreign)
        case Basis.BY_STATE if kept is not None:
            return history.state(
                snapshot, table, kept, fields, heights=state.heights, foreign=foreign, buckets=BUCKETS
            )
        case _:
            return relation.whole(snapshot, table, fields, foreign=foreign, buckets=1)


def _hash(table: Table, state: EntityState, *, without: tuple[str, ...] = ()) -> Hash:
    """As what the rows were hashed when they were remembered: `strict` by their keys alone."""
    columns = tuple(
        Compared(name=name, kind=Kind[kind], nullable=True)
        for name, kind in state.columns.items()
        if name not in without
    )
    every = Exemption(columns=frozenset(column.name for column in columns))
    return Hash(
        key=relation.key_of(table), columns=columns, implied=frozenset(table.key), exemptions=(every,)
    )


async def _groups(snapshot: Snapshot, rows: Relation, hashed: Hash) -> dict[str | None, Group]:
    """Rows and the sums of their hashes, for every chain."""
    found: dict[str | None, Group] = {}
    for segment, sums in (await segments(snapshot, replace(rows, stored=False), hashed)).items():
        group = found.get(segment.chain, Group(chain=segment.chain))
        found[segment.chain] = replace(
            group,
            rows=group.rows + sums.rows,
            whole=group.whole + sums.whole,
            buckets={**group.buckets, segment.number: sums},
        )
    return found


async def _begun(
    meeting: Meeting, table: Table, state: EntityState, kept: Kept | None
) -> dict[str | None, dict[int, tuple[int, ...]]]:
    """The hashes of the keys of rows that by their history begin above the heights, by chain and bucket."""
    if state.basis is not Basis.BY_STATE or kept is None:
        return {}
    place = state.place
    rows = history.beginning(
        meeting.snapshot,
        table,
        kept,
        Fields(chain=place.chain, block=place.block, timestamp=place.timestamp, keyed=place.keyed),
        heights=state.heights,
        foreign=sorted(meeting.chains - state.heights.keys()),
        buckets=BUCKETS,
    )
    found: dict[str | None, dict[int, tuple[int, ...]]] = {}
    for segment, number in await keys(meeting.snapshot, rows, _hash(table, state)):
        chain = found.setdefault(segment.chain, {})
        chain[segment.number] = (*chain.get(segment.number, ()), number)
    return found
