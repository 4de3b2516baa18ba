"""Kills its processes at random moments while it catches up, and starts it again."""

import os
import random
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, replace

import psycopg

from belts.envio.verify.sample_project import Sample
from belts.runtimes.process.parts import postgres
from belts.runtimes.process.supervise import leftovers
from belts.runtimes.process.verify import held_rows as rows
from belts.runtimes.process.verify.running import Running, content, running
from belts.runtimes.process.verify.stage import INDEXED, Stage
from belts.runtimes.process.verify.steps.first_start import clear
from belts.runtimes.process.verify.steps.step import MEASURED, Step, Told, rows_as
from belts.runtimes.process.verify.waiting import Unseen, wait

BLOCKS_AT_ONCE = 2
"""A small number, so that it catches up long enough to be killed meanwhile."""
BACK_S, WORKS_S = 90.0, 0.7
BEHIND = 5
GOES_ON_S = 20.0


@dataclass(kw_only=True, slots=True)
class Killed:
    """The results of the kills of one run."""

    stage: Stage
    draw: random.Random
    kills: int
    lag_s: float = 0.0
    gaps: int = 0
    hung: int = 0
    behind: int = 0

    def __str__(self) -> str:
        """The figures in one line."""
        return (
            f"{self.kills} kills, {self.behind} of them before it had caught up; {self.gaps} heights that"
            f" went back; {self.hung} times it hung until it was started again; at most {self.lag_s:.1f} s"
            " until it got further"
        )

    def indexer(self, sample: Sample) -> None:
        """Starts it repeatedly, and kills each start once it has advanced."""
        for _ in range(self.kills):
            with running(self.stage, sample) as each:
                before = self._further()
                self._let_it_work()
                each.kill()
            self._count(before)

    def postgres(self, sample: Sample) -> None:
        """Kills its Postgres, which its keeper restarts; restarts the indexer if it ended over that."""
        left = self.kills
        while left:
            with running(self.stage, sample) as each:
                while left and each.code is None:
                    before = self._further()
                    self._let_it_work()
                    _kill_postgres(self.stage)
                    left -= 1
                    _wait_until_back(self.stage)
                    self._count(before)
                    self._wait_for(each, before)
                    if each.code is None and not self._is_further(before):
                        self.hung += 1
                        break

    def end(self, sample: Sample) -> str:
        """Lets it catch up, and compares its rows with the logs of its chains."""
        with running(self.stage, sample) as each:
            each.wait_until_caught_up()
            return content(self.stage)

    def _further(self) -> dict[int, int]:
        before, began = rows.heights(self.stage.connection), time.monotonic()
        wait(lambda: self._is_further(before), "it gets further", seconds=BACK_S)
        self.lag_s = max(self.lag_s, time.monotonic() - began)
        return rows.heights(self.stage.connection)

    def _wait_for(self, each: Running, before: dict[int, int]) -> None:
        """Waits until it advances or has ended; it may do neither."""
        with suppress(Unseen):
            wait(lambda: each.code is not None or self._is_further(before), "it goes on", seconds=GOES_ON_S)

    def _is_further(self, before: dict[int, int]) -> bool:
        now = rows.heights(self.stage.connection)
        return bool(now) and any(now.get(chain, -1) > before.get(chain, -1) for chain in INDEXED)

    def _let_it_work(self) -> None:
        """Waits for a random time, then counts whether anything was left to catch up with."""
        time.sleep(self.draw.uniform(0.0, WORKS_S))
        heights = rows.heights(self.stage.connection)
        self.behind += any(heights.get(chain, -1) < self.stage.of(chain).head() - BEHIND for chain in INDEXED)

    def _count(self, before: dict[int, int]) -> None:
        """Counts heights that went back as gaps: what was reported as done was not."""
        now = rows.heights(self.stage.connection)
        self.gaps += sum(now.get(chain, -1) < before.get(chain, -1) for chain in INDEXED)


def look(stage: Stage) -> Told:
    yield f"{MEASURED}kill.seed", stage.drawn
    for what in ("indexer", "postgres"):
        clear(stage)
        sample = replace(stage.sample, blocks_at_once=BLOCKS_AT_ONCE)
        killed = Killed(stage=stage, draw=random.Random(stage.drawn), kills=stage.kills)  # noqa: S311 -- to be drawn again
        (killed.indexer if what == "indexer" else killed.postgres)(sample)
        found = killed.end(sample)
        yield f"{MEASURED}kill.{what}", str(killed)
        yield from rows_as(f"kill.{what}", found)


def _kill_postgres(stage: Stage) -> None:
    for each in leftovers.of_belt(stage.layout):
        if each.program == postgres.PROGRAM:
            with suppress(ProcessLookupError):
                os.kill(each.pid, signal.SIGKILL)


def _wait_until_back(stage: Stage) -> None:
    def answers() -> bool:
        try:
            stage.reconnect()
        except psycopg.Error:
            return False
        return True

    wait(answers, "its Postgres answers again", seconds=BACK_S)


STEP = Step(name="kill", says="kills while it catches up", look=look)
