"""Compares the events received since a full count with the events counted since.

It is for a belt that still has every event of that time, none of them above the progress. It only ever
confirms: a passed block that has more events now, one under two hashes, a duplicate event or one above the
progress, and a number that differs from the count are left to a full look.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from gate.observations.sound import Rule, Rules
from gate.policy.model import Policy
from gate.probes.database.catalog import Catalog
from gate.probes.database.sound.events import checkpoints
from gate.probes.database.sound.received import Received


@dataclass(frozen=True, kw_only=True, slots=True)
class Come:
    """How far a chain had come, and how many events it had received by then."""

    progress: int
    events: int


async def arrived(
    received: Received,
    tables: Catalog,
    policy: Policy,
    then: Mapping[int, Come],
    *,
    fresh: sql.Composable,
    counted: sql.Composable,
) -> Rules | None:
    """Judges every chain by how far it had come `then`; None if that is not enough to tell.

    `fresh` selects the events `e` that came since, and `counted` the checkpoints `k`.
    """
    query = sql.SQL(
        "WITH passed (chain, progress) AS (VALUES {passed}), blocks AS (SELECT e.chain_id, e.block_number,"
        " count(*) AS events, count(DISTINCT e.log_index) AS logs, count(DISTINCT e.block_hash) AS hashes"
        " FROM {events} e WHERE {fresh} GROUP BY 1, 2),"
        " counts AS (SELECT b.chain_id, sum(b.events) AS events, count(*) FILTER (WHERE p.chain IS NULL"
        " OR c.id IS NULL OR b.block_number <= p.progress OR b.block_number > c.progress_block"
        " OR b.logs <> b.events OR b.hashes <> 1) AS doubtful FROM blocks b"
        " LEFT JOIN passed p ON p.chain = b.chain_id LEFT JOIN {chains} c ON c.id = b.chain_id GROUP BY 1)"
        " SELECT coalesce(c.id, n.chain_id), c.events_processed, coalesce(n.events, 0),"
        " coalesce(n.doubtful, 0) FROM {chains} c FULL JOIN counts n ON n.chain_id = c.id ORDER BY 1"
    ).format(
        passed=_passed(then),
        events=received.events,
        chains=received.snapshot.chains,
        fresh=fresh,
    )
    rules: list[Rule] = []
    for chain, processed, came, doubtful in await received.snapshot.rows(query):
        if doubtful or int(chain) not in then or processed != then[int(chain)].events + int(came):
            return None
        about = f"chain {chain} has counted the events that it has received"
        rules.append(Rule(about=about, looked=int(came)))
    if await _back(received, tables, then, counted):
        return None
    of_blocks = await checkpoints(received, tables, policy, counted=counted, found=fresh)
    return Rules(rules=(*rules, *of_blocks), notes=received.notes)


async def _back(
    received: Received, tables: Catalog, then: Mapping[int, Come], counted: sql.Composable
) -> bool:
    """True if a block that had been passed was counted again."""
    if tables.checkpoints is None:
        return False
    query = sql.SQL(
        "WITH passed (chain, progress) AS (VALUES {passed}) SELECT EXISTS (SELECT 1 FROM {checkpoints} k"
        " JOIN passed p ON p.chain = k.chain_id WHERE {counted} AND k.block_number <= p.progress)"
    ).format(passed=_passed(then), checkpoints=received.snapshot.checkpoints, counted=counted)
    [[found]] = await received.snapshot.rows(query)
    return bool(found)


def _passed(then: Mapping[int, Come]) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("({}::int8, {}::int8)").format(sql.Literal(chain), sql.Literal(come.progress))
        for chain, come in sorted(then.items())
    )
