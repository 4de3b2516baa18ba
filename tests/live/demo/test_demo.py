"""The demo in a clean clone: it tells its story, goes on where it stopped, and leaves nothing."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.ports import SIZE
from tests.live import places
from tests.live.hosts import command_line, listens, mentions, processes

pytestmark = pytest.mark.live

CHECKOUT = Path(__file__).resolve().parents[3]
SHARED = (".venv", ".tools", "node_modules")
EVENTS = "2000"


@pytest.fixture
def clone() -> Iterator[Path]:
    """A clone of what is in this checkout now, with its toolchain lent to it."""
    directory = places.temporary("b-d-")
    for name in _git(CHECKOUT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        if (CHECKOUT / name).is_file():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, directory / name)
    _git(directory, "init", "--quiet")
    (directory / ".git" / "info" / "exclude").write_text("\n".join(SHARED))
    _git(directory, "add", "--all")
    _git(directory, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--message", "all")
    for name in SHARED:
        (directory / name).symlink_to(CHECKOUT / name)
    yield directory
    if (directory / ".belts").exists():
        _demo(directory, "down")
    left = [command_line(pid) for pid in processes() if mentions(pid, directory)]
    shutil.rmtree(directory)
    assert left == []


@pytest.mark.deep
def test_demo_interrupted_finished_and_undone(clone: Path) -> None:
    """Stopped in the middle it goes on; no request fails, the clone stays clean, `down` leaves nothing."""
    _interrupted(clone, after="in a second terminal", seconds=1.5)
    _interrupted(clone, after="pulumi up --stack gateway", seconds=2.5)
    told = _demo(clone)
    status = _git(clone, "status", "--porcelain")
    first = int((clone / ".belts" / "demo" / "ports").read_text())
    undone = _demo(clone, "down")

    assert re.search(r"blue is at the head of 4 chains \(1, 10, 8453, 80094\)", told)
    assert re.search(r"green is at the head of 6 chains", told)
    assert re.search(r"the alias answers from green with 6 chains", told)
    assert re.search(r"REFUSED: the candidate may not serve.*refused, in preview already", told, re.DOTALL)
    assert re.search(r"PASSED: the candidate may serve", told)
    assert re.search(r"refused: green serves", told)
    assert len(re.findall(r"requests meanwhile: .* by (?:blue|green).*; 0 failed", told)) == 3
    assert re.search(r"of [\d,]+ requests to the alias 0 failed", told)
    assert "make down" in told
    assert status == ""
    assert "everything the demo made is gone" in undone
    assert [port for port in range(first, first + SIZE) if listens(port)] == []
    assert [command_line(pid) for pid in processes() if mentions(pid, clone)] == []
    assert not (clone / ".belts").exists()
    assert sorted(path.name for path in clone.glob("Pulumi.*")) == ["Pulumi.yaml"]


def test_demo_interrupted_at_its_beginning_and_undone(clone: Path) -> None:
    """No belt was ever up, and the gateway's stack exists all the same: it goes without a word of failure."""
    _interrupted(clone, after="pulumi up --stack chains", seconds=1.0)
    undone = _demo(clone, "down")

    assert "everything the demo made is gone" in undone
    assert "pulumi could not" not in undone
    assert [command_line(pid) for pid in processes() if mentions(pid, clone)] == []
    assert not (clone / ".belts").exists()
    assert sorted(path.name for path in clone.glob("Pulumi.*")) == ["Pulumi.yaml"]


def _demo(clone: Path, *arguments: str) -> str:
    """What the demo prints when it comes to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "demo", *arguments],
        cwd=clone,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _interrupted(clone: Path, *, after: str, seconds: float) -> None:
    """Run the demo until it says this, then press Ctrl-C, which reaches it and all that it runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "demo"],
        cwd=clone,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if after in line:
            time.sleep(seconds)
            os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=120) == 130, "".join(said)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    return {**kept, "EVENTS": EVENTS}


def _git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=directory, capture_output=True, text=True, check=True)
    return done.stdout
