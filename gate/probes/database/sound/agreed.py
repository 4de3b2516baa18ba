"""Compares the events and the rows of an entity by two sums each, without joining them.

Most entities of a correct belt have one row for each event, with its chain, block and time. Hash sums of both
sides show that in a third of the time of a join. They prove nothing else: if the sums differ, the join finds
out why, and whether that is wrong. The hashes are seeded with a number that is drawn for each run, so that
nobody can prepare rows whose sums are equal.
"""

import secrets
from collections.abc import Sequence

from psycopg import sql

from gate.probes.database.sound.joined import Events, Joined, Sides, of_form
from gate.probes.database.sound.keys import names_the_log

BITS = 62


async def agreed(sides: Sides) -> Joined | None:
    """The result that a join would have if both sides are equal; None if only a join can tell."""
    forms = {source.row_id for source in sides.sources}
    if len(forms) != 1 or not sides.covers_all or not all(map(names_the_log, forms)):
        return None
    seeds = tuple(secrets.randbits(BITS) for _ in range(2))
    events = await _events(sides, forms.pop(), seeds)
    if any(keyed < total for total, keyed, *_ in events.values()):
        return None
    rows, *sums = await _rows(sides, seeds)
    if rows != sum(total for total, *_ in events.values()):
        return None
    if sums != [sum(one[2 + n] for one in events.values()) for n in range(len(seeds))]:
        return None
    return Joined(
        events=tuple(
            Events(total=events.get(number, (0,))[0], keyless=0, lost=0)
            for number in range(len(sides.sources))
        ),
        rows=rows,
        lost=0,
        lost_rows=(),
        placed=rows,
        misplaced=0,
        misplaced_rows=(),
    )


async def _events(sides: Sides, row_id: str, seeds: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Per source: the number of events, the number that have an id, and their sums."""
    hashed = _hashed(sides, sql.SQL("chain::text"), sql.SQL("to_timestamp(second)"), seeds)
    query = sql.SQL(
        "SELECT source, count(*), count(key), {} FROM ({}) AS events WHERE source >= 0 GROUP BY 1"
    ).format(hashed, of_form(sides, row_id))
    return {
        int(row[0]): tuple(int(number) for number in row[1:])
        for row in await sides.received.snapshot.rows(query)
    }


async def _rows(sides: Sides, seeds: Sequence[int]) -> list[int]:
    """The number of all rows, and their sums."""
    hashed = _hashed(sides, sql.SQL("chain"), sql.SQL("moment"), seeds)
    query = sql.SQL(
        "SELECT count(*), {hashed} FROM (SELECT {key} AS key, {chain} AS chain, {block} AS block,"
        " {moment} AS moment FROM {table} t) AS rows"
    ).format(
        hashed=hashed,
        key=sides.row_key,
        chain=sides.chain,
        block=sides.block,
        moment=sides.moment,
        table=sides.received.snapshot.table(sides.table.name),
    )
    [row] = await sides.received.snapshot.rows(query)
    return [int(number) for number in row]


def _hashed(
    sides: Sides, chain: sql.Composable, moment: sql.Composable, seeds: Sequence[int]
) -> sql.Composed:
    """The sums over ids and the places that rows carry; places that they lack are left out on both sides."""
    sums = []
    for seed in seeds:
        hashed: sql.Composable = sql.Literal(seed)
        if sides.timed:
            hashed = sql.SQL("timestamp_hash_extended({} AT TIME ZONE 'UTC', {})").format(moment, hashed)
        if sides.fields.block is not None:
            hashed = sql.SQL("hash_numeric_extended(block::numeric, {})").format(hashed)
        if sides.fields.chained:
            hashed = sql.SQL('hashtextextended({} COLLATE "C", {})').format(chain, hashed)
        sums.append(sql.SQL('coalesce(sum(hashtextextended(key COLLATE "C", {})), 0)').format(hashed))
    return sql.SQL(", ").join(sums)
