"""One of its chains undoes blocks that it has indexed."""

import time

from psycopg import sql

from belts.runtimes.process.verify import held_rows as rows
from belts.runtimes.process.verify.local_chain import Chain
from belts.runtimes.process.verify.running import Running, content, running
from belts.runtimes.process.verify.stage import INDEXED, Stage
from belts.runtimes.process.verify.steps.step import MEASURED, Step, Told, rows_as
from belts.runtimes.process.verify.waiting import Unseen, wait

UNDONE = 6
"""The number of blocks to undo."""
NOTICED_S, LOOK_EVERY_S = 45.0, 0.1


def look(stage: Stage) -> Told:
    chain, *others = INDEXED
    its = stage.of(chain)
    with running(stage) as indexer:
        indexer.wait_until_caught_up()
        mark, low = its.mark(), its.head()
        its.move(low)
        wait(lambda: _indexed(stage, chain, low, low + UNDONE), "blocks with logs to be undone", seconds=90)
        high = rows.heights(stage.connection)[chain]
        its.put_back(mark)
        _other_logs(its, low, high)
        wait(lambda: its.head() > high + 2, "the chain has passed what it has undone", seconds=120)
        back = _watched(indexer, chain, others, high)
        yield f"{MEASURED}reorg", f"{high - low} blocks of chain {chain} undone"
        noticed = not content(stage)
        yield "reorg.noticed", noticed
        yield "reorg.others", "go back too" if back else "stay"
        yield "reorg.raw_events", _raw_events(stage, chain, low)
        yield from rows_as("reorg.content", content(stage))


def _other_logs(chain: Chain, low: int, high: int) -> None:
    """Makes other logs in blocks of the undone numbers: a release that missed the change lacks these too."""
    chain.forget_what_waits()
    tried = low
    while not chain.moves(head := chain.head(), since=low + 1):
        if head >= high:
            raise Unseen(f"chain {chain.id} has no other logs in place of those that it has undone")
        if head >= tried:
            chain.move(head)
            tried = head + 1
        time.sleep(LOOK_EVERY_S)


def _indexed(stage: Stage, chain: int, low: int, to: int) -> bool:
    """Whether it has rows of these blocks, and has passed them."""
    query = 'select 1 from public."Transfer" where "chainId" = %s and "blockNumber" > %s limit 1'
    return (
        rows.heights(stage.connection)[chain] >= to
        and stage.connection.execute(query, [chain, low]).fetchone() is not None
    )


def _watched(indexer: Running, chain: int, others: list[int], high: int) -> bool:
    """Whether heights of other chains go back, until its rows match its chains or the time is over."""
    stage, back, last = indexer.stage, False, rows.heights(indexer.stage.connection)
    end = time.monotonic() + NOTICED_S
    while time.monotonic() < end and indexer.code is None:
        now = rows.heights(stage.connection)
        back = back or any(now[other] < last[other] for other in others)
        last = now
        if now[chain] > high + 2 and not content(stage):
            break
        time.sleep(0.02)
    return back


def _raw_events(stage: Stage, chain: int, low: int) -> str:
    """Whether raw events remain that the chain no longer has."""
    kind = rows.storage(stage.connection)
    query = sql.SQL(
        "select block_number::int8, log_index::int8, count(*) from {} where chain_id = %s"
        " and block_number > %s and block_number <= %s group by 1, 2"
    ).format(sql.Identifier(rows.SCHEMA, kind.raw_events))
    height = rows.heights(stage.connection)[chain]
    found = stage.connection.execute(query, [chain, low, height]).fetchall()
    held = {(block, log) for block, log, _ in found}
    there = {(each.block, each.log) for each in stage.of(chain).moves(height, since=low + 1)}
    doubles = any(count > 1 for _, _, count in found)
    stay = "stay" if held - there or doubles else "go"
    return f"{stay}, and those in their place are missing" if there - held else stay


STEP = Step(name="reorg", says="a chain that undoes blocks", look=look)
