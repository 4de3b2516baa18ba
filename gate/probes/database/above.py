"""Reads what belts hold above the compared height: blocks by hash, and their events."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from psycopg import sql

from gate.observations.rows import Above, Height
from gate.probes.database.comparing import Pair
from gate.probes.database.session import Snapshot

MOST = 10_000  # blocks of each belt, the newest first

Blocks = Mapping[tuple[int, int], tuple[str | None, int]]


async def with_above(pair: Pair, heights: Iterable[Height]) -> tuple[Height, ...]:
    """Adds to each height what lies between it and the lower progress of both belts.

    Blocks that both belts have with one hash count as equal, whether or not the chain keeps them.
    """
    heights = tuple(heights)
    ours, theirs = await pair.both(lambda snapshot: _blocks(snapshot, heights))
    return tuple(replace(height, above=_above(height, ours, theirs)) for height in heights)


async def _blocks(snapshot: Snapshot, heights: tuple[Height, ...]) -> Blocks:
    within = [
        sql.SQL("(chain_id = {} AND block_number > {} AND block_number <= {})").format(
            sql.Literal(height.chain), sql.Literal(height.block), sql.Literal(height.lower)
        )
        for height in heights
    ]
    if not within:
        return {}
    query = sql.SQL(
        "SELECT chain_id, block_number, max(lower(block_hash)), sum(events_processed) FROM {} WHERE {}"
        " GROUP BY 1, 2 ORDER BY 2 DESC LIMIT {}"
    ).format(snapshot.checkpoints, sql.SQL(" OR ").join(within), sql.Literal(MOST))
    return {
        (int(chain), int(block)): (hashed, int(events))
        for chain, block, hashed, events in await snapshot.rows(query)
    }


def _above(height: Height, ours: Blocks, theirs: Blocks) -> Above:
    one = {block: found for (chain, block), found in ours.items() if chain == height.chain}
    other = {block: found for (chain, block), found in theirs.items() if chain == height.chain}
    alike = [
        block for block in one.keys() & other.keys() if one[block][0] and one[block][0] == other[block][0]
    ]
    return Above(
        serving=sum(events for _, events in one.values()),
        candidate=sum(events for _, events in other.values()),
        blocks=len(alike),
        unequal=tuple(sorted(block for block in alike if one[block][1] != other[block][1])),
    )
