"""Starts it again on existing data."""

from typing import Any

from psycopg import sql

from belts.envio.release import CHAINS
from belts.runtimes.process.verify import held_rows as rows
from belts.runtimes.process.verify.running import content, running
from belts.runtimes.process.verify.stage import Stage
from belts.runtimes.process.verify.steps.step import Step, Told, rows_as
from belts.runtimes.process.verify.waiting import Unseen, wait


def look(stage: Stage) -> Told:
    with running(stage) as indexer:
        indexer.wait_until_caught_up()
        wait(
            lambda: all(_ready_at(stage).values()), "every chain has caught up, by its own table", seconds=60
        )
    before, ready = rows.heights(stage.connection), _ready_at(stage)
    with running(stage) as indexer:
        indexer.wait_until_it_speaks()
        now = rows.heights(stage.connection)
        lower = {chain: height for chain, height in before.items() if now.get(chain, -1) < height}
        yield "restart.heights", f"{len(lower)} chains are lower" if lower else "not lower"
        if not indexer.moves_on():
            raise Unseen(f"it does not move on after a restart: {indexer.said(3)}")
        wait(lambda: all(_ready_at(stage).values()), "every chain is ready again", seconds=60)
        yield "restart.ready_at", "kept" if _ready_at(stage) == ready else "rewritten"
        yield from rows_as("restart.content", content(stage))


def _ready_at(stage: Stage) -> dict[int, Any]:
    query = sql.SQL("select id::int8, ready_at from {}").format(sql.Identifier(rows.SCHEMA, CHAINS))
    return dict(stage.connection.execute(query).fetchall())


STEP = Step(name="restart", says="a restart", look=look)
