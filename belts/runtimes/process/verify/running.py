"""The running indexer of a stage: waiting for it, asking it, ending and killing it, as the last process."""

import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from belts.envio.verify.sample_project import Sample
from belts.runtimes.process.parts import indexer
from belts.runtimes.process.seed import seed
from belts.runtimes.process.supervise import identity, leftovers, readiness
from belts.runtimes.process.verify import held_rows as rows
from belts.runtimes.process.verify.expected_rows import Truth, unlike
from belts.runtimes.process.verify.local_chain import Chain
from belts.runtimes.process.verify.stage import INDEXED, Stage
from belts.runtimes.process.verify.waiting import Unseen, wait

STARTS_S, CATCHES_UP_S, MOVES_S, ENDS_S = 90.0, 180.0, 45.0, 30.0
BEHIND = 3
"""How many blocks behind a moving chain still count as at its head."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """One start of the indexer."""

    stage: Stage
    process: subprocess.Popen[bytes]
    begins_at: int
    """The offset at which its log begins."""

    @property
    def code(self) -> int | None:
        return self.process.poll()

    def speaks(self) -> bool:
        """Whether its metrics name its chains; raises `Unseen` if it has ended."""
        if self.code is not None:
            raise Unseen(f"it ended with {self.code}: {self.said(3)}")
        return bool(seed.chains_spoken_of(self.stage.port))

    def wait_until_it_speaks(self) -> None:
        wait(self.speaks, "its metrics tell of its chains", seconds=STARTS_S)

    def caught_up(self) -> bool:
        if self.code is not None:
            raise Unseen(f"it ended with {self.code}: {self.said(3)}")
        heights = rows.heights(self.stage.connection)
        return all(heights.get(chain, -1) >= self.stage.of(chain).head() - BEHIND for chain in INDEXED)

    def wait_until_caught_up(self) -> None:
        wait(self.caught_up, "it has caught up with its chains", seconds=CATCHES_UP_S)

    def moves_on(self) -> bool:
        """Whether each of its chains advances before the process ends or the time is over."""
        before = rows.heights(self.stage.connection)
        end = time.monotonic() + MOVES_S
        while time.monotonic() < end and self.code is None:
            now = rows.heights(self.stage.connection)
            if all(now.get(chain, -1) > before.get(chain, -1) for chain in INDEXED):
                return True
            time.sleep(0.2)
        return False

    def end(self) -> int | None:
        """Sends SIGTERM; returns the exit code, or None if it did not end in time."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            return self.process.wait(ENDS_S)
        return None

    def kill(self) -> None:
        """Kills it as the kernel does when memory is short: with everything that it started."""
        for each in leftovers.of_belt(self.stage.layout):
            if each.program == indexer.PROGRAM:
                with suppress(ProcessLookupError):
                    os.kill(each.pid, signal.SIGKILL)
        self.process.wait(ENDS_S)

    def said(self, lines: int) -> str:
        """The last lines that it logged since its start."""
        return "\n".join(readiness.tail_since(self.stage.log, self.begins_at).splitlines()[-lines:])


@contextmanager
def running(stage: Stage, sample: Sample | None = None) -> Iterator[Running]:
    """Starts the indexer, and ends it with the block."""
    program = stage.program(sample or stage.sample)
    begins_at = stage.log.stat().st_size if stage.log.is_file() else 0
    with identity.start(stage.layout, program, stage.log) as process:
        yield Running(stage=stage, process=process, begins_at=begins_at)


def left(stage: Stage) -> list[int]:
    """The pids of its processes that still run."""
    return [each.pid for each in leftovers.of_belt(stage.layout) if each.program == indexer.PROGRAM]


def content(stage: Stage) -> str:
    """How its rows differ from the logs of its chains; empty if they do not."""
    held = rows.held(stage.connection)
    told = [
        f"chain {chain}: {words}" for chain in INDEXED if (words := _unlike(stage.of(chain), held.get(chain)))
    ]
    return "; ".join(told)


def _unlike(chain: Chain, held: rows.Held | None) -> str:
    if held is None:
        return "it has none of it"
    return unlike(held.rows, Truth(chain=chain.id).add(chain.moves(held.height)).rows)


def metrics(stage: Stage, path: str) -> str:
    """Its metrics at a path; empty if there are none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{stage.port}{path}", timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def names_in(text: str) -> Mapping[str, str]:
    """The names of its metrics, and their kinds."""
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
