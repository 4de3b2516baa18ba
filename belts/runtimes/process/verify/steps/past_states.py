"""Its history, asked for the rows at every height that it reaches back to."""

from belts.runtimes.process.verify import held_rows as rows
from belts.runtimes.process.verify.expected_rows import Truth, unlike
from belts.runtimes.process.verify.held_rows import Held
from belts.runtimes.process.verify.local_chain import Chain
from belts.runtimes.process.verify.running import running
from belts.runtimes.process.verify.stage import INDEXED, Stage
from belts.runtimes.process.verify.steps.step import MEASURED, Step, Told
from belts.runtimes.process.verify.waiting import Unseen, wait

HEIGHTS = 12
"""The history must cover this many blocks of each chain, besides the current one."""


def look(stage: Stage) -> Told:
    with running(stage) as indexer:
        indexer.wait_until_caught_up()
        wait(lambda: _deep_enough(stage), f"a history over {HEIGHTS} blocks of each chain", seconds=120)
        held = rows.held(stage.connection, past=True)
    asked, wrong = 0, []
    for chain in INDEXED:
        more, found = _states(stage.of(chain), held[chain])
        asked += more
        wrong += found
    yield f"{MEASURED}history", f"{asked} states of heights below the newest"
    if wrong:
        yield f"{MEASURED}history.states", f"{len(wrong)} wrong, such as {wrong[0]}"
    yield "history.states", "wrong" if wrong else "right"


def _deep_enough(stage: Stage) -> bool:
    held = rows.held(stage.connection, past=True)
    return all(
        (back := held[chain].reaches_back_to) is not None and held[chain].height - back >= HEIGHTS
        for chain in INDEXED
    )


def _states(chain: Chain, held: Held) -> tuple[int, list[str]]:
    back = held.reaches_back_to
    if back is None:
        raise Unseen(f"it keeps no history of chain {chain.id}")
    wrong = []
    moves = chain.moves(held.height)
    for height in range(back, held.height):
        wanted = Truth(chain=chain.id).add(each for each in moves if each.block <= height).rows
        if words := unlike(held.at(height), wanted):
            wrong.append(f"chain {chain.id} at {height}: {words}")
    return held.height - back, wrong


STEP = Step(name="history", says="what its history tells of past heights", look=look)
