"""What the person who waits gets to read."""

import contextlib
import io
import time
from pathlib import Path

from tools import progress
from tools.progress import Board


def test_work_is_announced_and_its_time_told(board: Board, told: io.StringIO) -> None:
    with board.lane("node").timed("installing 3 packages"):
        pass
    lines = told.getvalue().splitlines()
    assert lines[0].endswith("node     installing 3 packages ...")
    assert lines[1].endswith("node     installing 3 packages: done in 0 s")


def test_work_that_fails_is_not_called_done(board: Board, told: io.StringIO) -> None:
    with contextlib.suppress(OSError), board.lane("node").timed("installing"):
        Path("/nonexistent").read_bytes()
    assert "done" not in told.getvalue()


def test_without_a_terminal_long_work_is_told_now_and_then(told: io.StringIO) -> None:
    """A log gets whole lines, and only of what takes longer than the interval."""
    now = [0.0]
    board = Board(told, live=False, clock=lambda: now[0])
    lane = board.lane("pulumi")
    lane.doing("compiling: 1 of 9")
    now[0] = progress.PLAIN_EVERY + 1
    board.show()
    assert told.getvalue() == "[   11 s] pulumi   compiling: 1 of 9\n"


def test_a_terminal_gets_one_line_that_is_written_over(told: io.StringIO) -> None:
    board = Board(told, live=True)
    lane = board.lane("pulumi")
    with board.ticking():
        lane.doing("compiling: 1 of 9")
        time.sleep(progress.LIVE_EVERY * 2)
        lane.say("done")
    assert "\r\x1b[K" in told.getvalue()
    assert "compiling: 1 of 9" in told.getvalue()
    assert told.getvalue().count("\n") == 1
