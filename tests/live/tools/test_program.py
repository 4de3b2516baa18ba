"""Programs that a step runs: every word kept, nothing left running."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.checkout import this_checkout
from tools.failure import StepFailed
from tools.program import Programs, Running, plain_environment

pytestmark = pytest.mark.live

ENV = {"PATH": "/usr/bin:/bin"}
STARTER = """
import sys
from pathlib import Path
from tools.program import Programs, Running

programs = Programs(running=Running(), logs=Path(sys.argv[1]))
command = ["sh", "-c", "echo $$; exec sleep 60"]
tell = lambda line: print(line, flush=True)
programs.run("Working", command, log="x", cwd=Path("/"), env={"PATH": "/usr/bin:/bin"}, on_line=tell)
"""


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    return Programs(running=Running(), logs=tmp_path / "log")


def _until(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_failure_shows_the_end_of_what_was_said(programs: Programs, tmp_path: Path) -> None:
    with pytest.raises(StepFailed) as failed:
        programs.run("Installing", ["sh", "-c", "seq 100; exit 7"], log="x", cwd=tmp_path, env=ENV)
    text = str(failed.value)
    assert text.startswith("Installing failed\n")
    assert "it ended with 7" in text
    assert text.endswith("    | 100")
    assert "    | 1\n" not in text
    assert (tmp_path / "log" / "x.log").read_text().splitlines()[1] == "1"


def test_each_line_is_seen_as_it_comes(programs: Programs, tmp_path: Path) -> None:
    seen: list[str] = []
    command = ["sh", "-c", "echo one; echo two >&2"]
    programs.run("Working", command, log="x", cwd=tmp_path, env=ENV, on_line=seen.append)
    assert seen == ["one", "two"]


def test_what_takes_too_long_is_stopped(programs: Programs, tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="ended with -9"):
        programs.run("Waiting", ["sleep", "60"], log="x", cwd=tmp_path, env=ENV, within=0.2)


def test_an_interruption_ends_the_whole_group(programs: Programs, tmp_path: Path) -> None:
    pids: list[int] = []
    raised: list[BaseException] = []

    def note(line: str) -> None:
        pids.append(int(line))

    def work() -> None:
        command = ["sh", "-c", "sleep 60 & echo $!; wait"]
        try:
            programs.run("Working", command, log="x", cwd=tmp_path, env=ENV, on_line=note)
        except KeyboardInterrupt as stopped:
            raised.append(stopped)

    worker = threading.Thread(target=work)
    worker.start()
    _until(lambda: bool(pids))
    programs.running.stop()
    worker.join(10)
    assert raised
    _until(lambda: not _runs(pids[0]))


def test_after_an_interruption_nothing_is_started(programs: Programs, tmp_path: Path) -> None:
    programs.running.stop()
    with pytest.raises(KeyboardInterrupt):
        programs.run("Working", ["touch", "started"], log="x", cwd=tmp_path, env=ENV)
    assert not (tmp_path / "started").exists()


def test_a_set_up_that_is_killed_takes_its_program_along(tmp_path: Path) -> None:
    """Else the next one would write into the same folder at the same time."""
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)],
        cwd=this_checkout().root,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    assert _runs(pid)
    os.kill(starter.pid, signal.SIGKILL)
    starter.wait()
    _until(lambda: not _runs(pid))


def test_settings_that_would_lead_elsewhere_are_left_out() -> None:
    given = {
        "PIP_USER": "1",
        "PYTHONPATH": "/x",
        "GOFLAGS": "-mod=vendor",
        "NODE_OPTIONS": "--x",
        "PIP_INDEX_URL": "u",
    }
    assert plain_environment(given, PATH="/bin") == {"PIP_INDEX_URL": "u", "PATH": "/bin"}
