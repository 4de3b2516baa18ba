"""Surveys all raw events in one pass: how many distinct ones each chain has, and which are in doubt."""

from dataclasses import dataclass

from psycopg import sql

from gate.probes.database.sound.received import Received


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """One chain: what it counted, `None` if the belt does not index it, and what it received.

    Duplicates of an event count once. `above` are above the progress, `twice` occur more than once.
    """

    chain: int
    processed: int | None
    received: int
    above: int
    twice: int

    @property
    def more(self) -> int:
        """How many more events were received than counted."""
        return self.received - (self.processed or 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """All chains, and the blocks whose events were received under more than one hash."""

    counts: tuple[Count, ...]
    forked: tuple[tuple[int, int], ...]


async def survey(received: Received) -> Survey:
    """Surveys all events except those of blocks that are known to be undone."""
    query = sql.SQL(
        "WITH seen AS MATERIALIZED (SELECT e.chain_id, e.block_number, e.log_index,"
        ' hashtextextended(e.block_hash COLLATE "C", 0) AS hashed, count(*) AS copies'
        " FROM {events} e WHERE {live} GROUP BY 1, 2, 3, 4),"
        " counts AS (SELECT s.chain_id,"
        " count(*) FILTER (WHERE c.id IS NULL OR s.block_number <= c.progress_block) AS received,"
        " count(*) FILTER (WHERE s.block_number > c.progress_block) AS above,"
        " count(*) FILTER (WHERE s.copies > 1) AS twice"
        " FROM seen s LEFT JOIN {chains} c ON c.id = s.chain_id GROUP BY 1)"
        " SELECT coalesce(c.id, n.chain_id), NULL, c.events_processed, coalesce(n.received, 0),"
        " coalesce(n.above, 0), coalesce(n.twice, 0) FROM {chains} c FULL JOIN counts n ON n.chain_id = c.id"
        " UNION ALL SELECT chain_id, block_number, 0, 0, 0, 0 FROM seen GROUP BY 1, 2"
        " HAVING min(hashed) <> max(hashed) ORDER BY 1, 2"
    ).format(events=received.events, live=received.live(), chains=received.snapshot.chains)
    rows = await received.snapshot.rows(query)
    return Survey(
        counts=tuple(
            Count(
                chain=int(chain),
                processed=None if processed is None else int(processed),
                received=found,
                above=above,
                twice=twice,
            )
            for chain, block, processed, found, above, twice in rows
            if block is None
        ),
        forked=tuple((int(chain), int(block)) for chain, block, *_ in rows if block is not None),
    )
