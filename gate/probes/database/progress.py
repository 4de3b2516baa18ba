"""Reads how far a belt has committed on every chain, from its own chain table."""

from typing import Any

from gate.claims import Access
from gate.endpoints import Side
from gate.observations.progress import ChainProgress, Progress
from gate.probes.database.session import Database, Snapshot, connect
from gate.probes.unseen import unseen_as_value
from gate.probes.world import World


@unseen_as_value
async def progress(world: World, side: Side) -> Progress:
    """The current progress of one belt, on a connection of its own."""
    async with connect(world, side) as database:
        return await current(database)


async def current(database: Database) -> Progress:
    """The current progress on an open connection, for repeated looks."""
    async with database.snapshot() as snapshot:
        return await within(snapshot)


async def within(snapshot: Snapshot) -> Progress:
    """The progress that belongs to the data of a snapshot: Envio commits both in one transaction."""
    columns = "id, start_block, progress_block, end_block, events_processed, ready_at"
    query = snapshot.select(columns, snapshot.storage.chains)
    return Progress(door=Access.DATABASE, chains=tuple(_chain(row) for row in await snapshot.rows(query)))


def _chain(row: tuple[Any, ...]) -> ChainProgress:
    """One chain; before its first block it has -1, or the block below its start."""
    chain, start, height, end, events, ready = row
    return ChainProgress(
        chain=chain,
        start_block=start,
        height=height if height >= max(start, 0) else None,
        end_block=end,
        events=events,
        caught_up_at=ready,
    )
