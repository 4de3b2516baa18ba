"""What runs from a checkout keeps its files: neither a set-up nor a clean takes them away."""

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.tools.steps import FakeStep
from tools import clean
from tools.checkout import Checkout
from tools.failure import SetupFailed
from tools.processes import running_from
from tools.program import Running
from tools.progress import Board
from tools.setup import Plan, SetUp


@pytest.fixture
def running(checkout: Checkout) -> Iterator[subprocess.Popen[str]]:
    """A program that was started from the virtual environment, as a belt's are."""
    program = checkout.venv / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.symlink_to(sys.executable)
    process = subprocess.Popen(
        [program, "-I", "-S", "-c", "print('up', flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    yield process
    _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait()


def _set_up(checkout: Checkout, step: FakeStep) -> None:
    plan = Plan(lanes=((step,),), last=())
    SetUp(checkout, plan, Running(), Board(io.StringIO(), live=False)).run()


def test_a_set_up_that_would_replace_what_runs(
    checkout: Checkout, running: subprocess.Popen[str], tmp_path: Path
) -> None:
    """It is refused with the way to have both, and nothing is touched; once nothing runs, it goes on."""
    step = FakeStep(result=tmp_path / "r", place=(checkout.venv,))
    with pytest.raises(SetupFailed, match="would replace what runs") as refusal:
        _set_up(checkout, step)
    assert str(running.pid) in str(refusal.value)
    assert "git worktree add" in str(refusal.value)
    assert step.runs == []
    _end(running)
    _set_up(checkout, step)
    assert step.runs == ["step"]


def test_a_refused_set_up_leaves_what_was_done_done(
    checkout: Checkout, running: subprocess.Popen[str], tmp_path: Path
) -> None:
    """Put back on the version that runs, the checkout is ready as before."""
    before = FakeStep(result=tmp_path / "r", given=("1",))
    _set_up(checkout, before)
    with pytest.raises(SetupFailed, match=str(running.pid)):
        _set_up(checkout, FakeStep(result=tmp_path / "r", given=("2",), place=(checkout.venv,)))
    again = FakeStep(result=tmp_path / "r", given=("1",), place=(checkout.venv,))
    _set_up(checkout, again)
    assert again.runs == []


def test_a_step_that_replaces_nothing_is_done_beside_what_runs(
    checkout: Checkout, running: subprocess.Popen[str], tmp_path: Path
) -> None:
    """What each version has in a folder of its own."""
    assert running.poll() is None
    step = FakeStep(result=tmp_path / "r")
    _set_up(checkout, step)
    assert step.runs == ["step"]


def test_a_clean_under_what_runs(
    checkout: Checkout,
    running: subprocess.Popen[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is refused, and nothing is gone."""
    monkeypatch.setattr(clean, "this_checkout", lambda: checkout)
    assert clean.main() == 1
    assert str(running.pid) in capsys.readouterr().err
    assert checkout.venv.is_dir()


def test_a_program_of_somebody_else(checkout: Checkout, tmp_path: Path) -> None:
    """Whose file nobody tells us: its command line says where it is from."""
    entry = tmp_path / "proc" / "7"
    entry.mkdir(parents=True)
    (entry / "cmdline").write_bytes(f"{checkout.venv}/bin/python\0-m\0belts.engine\0".encode())
    assert running_from(checkout, processes=entry.parent) == (
        f"7 {checkout.venv}/bin/python -m belts.engine",
    )
