"""Reads which entities the candidate's database has, and which events both belts have received."""

from collections.abc import AsyncIterator

from psycopg import sql

from gate.amounts import amount
from gate.endpoints import Side
from gate.observations.holdings import EntityHolding, EventKind, Footprint, Holdings
from gate.observations.unobserved import Cause, Unobserved
from gate.policy.model import Mode
from gate.probes.database import catalog, not_kept, progress
from gate.probes.database.catalog import Catalog, Table
from gate.probes.database.configured import ELSEWHERE_NAMED, configured
from gate.probes.database.facts import names_its_chain
from gate.probes.database.plan import fields_of
from gate.probes.database.session import Snapshot, connect
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World

MOST_KINDS = 100_000
"""How many event kinds are told apart; a belt whose contracts register each other may have many."""


@unseen_as_value
async def look(world: World) -> Holdings:
    """The tables of the candidate."""
    async with connect(world, Side.CANDIDATE) as database, database.snapshot() as snapshot:
        tables, held = await catalog.read(snapshot), await progress.within(snapshot)
        entities = [await _entity(world, snapshot, table, held.ids) for table in tables.entities]
        return Holdings(
            chains=tuple(sorted(held.ids)),
            entities=(*entities, *[one async for one in _elsewhere(snapshot, tables)]),
        )


async def _elsewhere(snapshot: Snapshot, tables: Catalog) -> AsyncIterator[EntityHolding]:
    """Entities kept in a storage that cannot be read, or the config record if it cannot be read."""
    try:
        found = (await configured(snapshot, tables)).elsewhere
    except UnseenError as unseen:
        name = snapshot.storage.configured
        yield EntityHolding(
            entity=name, columns=("config",), key=(), chained=False, unseen=unseen.unobserved.reason
        )
        return
    for one in found:
        why = f"its rows are kept in {ELSEWHERE_NAMED}, which the gate cannot read"
        yield EntityHolding(entity=one.name, columns=one.columns, key=(), chained=False, unseen=why)


async def _entity(world: World, snapshot: Snapshot, table: Table, chains: frozenset[int]) -> EntityHolding:
    """Describes one entity; the row comparison reports a column that the policy names but the table lacks."""
    try:
        chained = fields_of(table, world.policy.entity(table.name)).chain is not None
    except UnseenError:
        chained = False
    return EntityHolding(
        entity=table.name,
        columns=tuple(column.name for column in table.columns),
        key=table.key,
        chained=chained or await _keyed(snapshot, table, chains),
    )


async def _keyed(snapshot: Snapshot, table: Table, chains: frozenset[int]) -> bool:
    """True if keys name their chain; false if they cannot be read, so that other entities are unaffected."""
    try:
        async with snapshot.savepoint():
            return await names_its_chain(snapshot, table, chains)
    except UnseenError:
        return False


@unseen_as_value
async def footprint(world: World) -> Footprint:
    """The events of both belts, if some of the candidate's may be new: in an expansion or first promotion."""
    first = world.endpoints.serving is None
    if world.policy.mode is not Mode.EXPANSION and not first:
        return Footprint(candidate={}, parity=True)
    candidate = await _kinds(world, Side.CANDIDATE)
    serving: frozenset[EventKind] | Unobserved = frozenset()
    if not first:
        serving = await _known(world)
    return Footprint(candidate=candidate, serving=serving)


@unseen_as_value
async def _known(world: World) -> frozenset[EventKind]:
    return frozenset(await _kinds(world, Side.SERVING))


async def _kinds(world: World, side: Side) -> dict[EventKind, int]:
    """Counts all raw events in one scan, grouped as stored, because normalising addresses takes longer."""
    async with connect(world, side) as database, database.snapshot() as snapshot:
        if (await catalog.read(snapshot)).raw_events is None:
            raise not_kept.raw_events(f"the {side} belt")
        query = sql.SQL(
            "SELECT chain_id, contract_name, lower(src_address), event_name, sum(events) FROM"
            " (SELECT chain_id, contract_name, src_address, event_name, count(*) AS events FROM {}"
            " GROUP BY 1, 2, 3, 4) AS kinds GROUP BY 1, 2, 3, 4 LIMIT {}"
        ).format(snapshot.raw_events, sql.Literal(MOST_KINDS + 1))
        rows = await snapshot.rows(query)
    if not rows:
        raise not_kept.raw_events(f"the {side} belt")
    if len(rows) > MOST_KINDS:
        words = f"the {side} belt has received events of more than {amount(MOST_KINDS, 'kind')} and contracts"
        raise UnseenError(words, Cause.UNDECIDABLE)
    return {
        EventKind(chain=int(chain), contract=str(name), address=str(address), event=str(event)): int(number)
        for chain, name, address, event, number in rows
    }
