"""Set-ups that are killed, and set-ups that meet."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.checkout import this_checkout

pytestmark = [pytest.mark.live, pytest.mark.deep]

# Two steps; the second is slow as long as a file says so. Each run of a step leaves a line.
SCRIPT = """
import io, os, sys, time
from pathlib import Path
from tools.checkout import Checkout
from tools.program import Running
from tools.progress import Board
from tools.setup import Plan, SetUp

folder = Path(sys.argv[1])
checkout = Checkout(root=folder, cache=folder / "cache")

class Step:
    def __init__(self, name, slow):
        self.name, self.slow = name, slow
    def inputs(self):
        return (self.name,)
    def results(self):
        return (folder / self.name,)
    def replaces(self):
        return ()
    def run(self, lane):
        with (folder / "ran").open("a") as ran:
            ran.write(f"{self.name}\\n")
        (folder / self.name).write_text("half")
        if self.slow and (folder / "slow").exists():
            print("in the middle", flush=True)
            time.sleep(60)
        time.sleep(0.3)
        (folder / self.name).write_text("whole")

steps = (Step("first", False), Step("second", True))
board = Board(sys.stdout, live=False)
SetUp(checkout, Plan(lanes=(steps,), last=()), Running(), board).run()
print("ready", flush=True)
"""


def _start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder)],
        cwd=this_checkout().root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_after_a_kill_only_what_was_not_finished_is_done_over(tmp_path: Path) -> None:
    """The half of a result that the killed step left does not count, although the file is there."""
    (tmp_path / "slow").touch()
    killed = _start(tmp_path)
    assert killed.stdout is not None
    assert killed.stdout.readline() == "in the middle\n"
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    (tmp_path / "slow").unlink()
    resumed = _start(tmp_path)
    said, _ = resumed.communicate(timeout=20)
    assert said == "ready\n"
    assert (tmp_path / "ran").read_text().split() == ["first", "second", "second"]
    assert (tmp_path / "second").read_text() == "whole"


def test_two_at_once_do_the_work_once(tmp_path: Path) -> None:
    """The later one waits, says for whom, and finds everything done."""
    first, second = _start(tmp_path), _start(tmp_path)
    told = [each.communicate(timeout=20)[0] for each in (first, second)]
    assert (tmp_path / "ran").read_text().split() == ["first", "second"]
    assert [each.splitlines()[-1] for each in told] == ["ready", "ready"]
    assert sum("waiting for another set-up (process " in each for each in told) == 1


HOLDER = """
import sys, time
from pathlib import Path
from tools.lockfile import alone

with alone(Path(sys.argv[1]), waiting=print):
    print("held", flush=True)
    time.sleep(60)
"""
WAITER = """
import sys
from pathlib import Path
from tools import setup
from tools.checkout import Checkout

setup.this_checkout = lambda: Checkout(root=Path(sys.argv[1]), cache=Path(sys.argv[1]) / "cache")
raise SystemExit(setup.main([]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_says_so_and_ends(tmp_path: Path, number: signal.Signals) -> None:
    """Held up by a lock that somebody else has, the command waits, says so, and ends at once when told to."""
    root = this_checkout().root
    lock = tmp_path / ".tools" / "setup.lock"
    hold, wait = ([sys.executable, "-c", each] for each in (HOLDER, WAITER))
    with _ended(subprocess.Popen([*hold, str(lock)], cwd=root, stdout=subprocess.PIPE, text=True)) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        command = [*wait, str(tmp_path)]
        with _ended(subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True)) as waiter:
            assert waiter.stderr is not None
            assert f"waiting for another set-up (process {holder.pid}," in waiter.stderr.readline()
            waiter.send_signal(number)
            assert waiter.stderr.read() == "setup: stopped; the same command goes on where this one was\n"
            assert waiter.wait(10) == 130


@contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
