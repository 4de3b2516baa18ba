"""The commands a person types, and those that a machine types for them."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tools.checkout import this_checkout

ROOT = this_checkout().root
TARGET = re.compile(r"^([a-z][a-z-]*):(.*)$", re.MULTILINE)


def _targets() -> dict[str, str]:
    return dict(TARGET.findall((ROOT / "Makefile").read_text()))


def test_every_target_says_what_it_does() -> None:
    assert [name for name, rest in _targets().items() if "## " not in rest] == []


def test_every_target_but_three_sets_the_checkout_up_first() -> None:
    without = {name for name, rest in _targets().items() if not rest.strip().startswith("setup ##")}
    assert without == {"help", "setup", "clean"}


@pytest.mark.parametrize(
    ("minutes", "budget"),
    [(0, 40), (20, 40), (21, 39), (45, 15), (55, 5), (80, 5)],
)
def test_ci_runs_what_a_person_runs_and_nothing_else(tmp_path: Path, minutes: int, budget: int) -> None:
    """The same commands; of the deep tests as many as have time, by a clock that `make test` moves."""
    clock, typed = tmp_path / "clock", tmp_path / "typed"
    clock.write_text("1000")
    _command(tmp_path / "date", f"cat {clock}")
    moved = f'[ "$*" != test ] || echo {1000 + 60 * minutes} > {clock}'
    _command(tmp_path / "make", f'echo "make $*" >> {typed}\n{moved}')
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run([ROOT / ".ci" / "run"], env=path, check=True, capture_output=True)
    assert typed.read_text().splitlines() == ["make check", "make test", f"make test-deep BUDGET={budget}"]


def test_ci_ends_as_what_it_runs_ends(tmp_path: Path) -> None:
    """Nothing is run after what failed."""
    _command(tmp_path / "make", '[ "$*" != test ] || exit 3')
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([ROOT / ".ci" / "run"], env=path, check=False, capture_output=True, text=True)
    assert done.returncode == 3
    assert "'make test' ended with 3" in done.stdout
    assert "test-deep" not in done.stdout


def _command(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_every_make_command_in_a_page_is_a_target() -> None:
    """A reader can type what any page shows."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    shown = {
        (page.name, target)
        for page in pages
        for target in re.findall(r"(?:^|`)\s*make ([a-z][a-z-]*)", page.read_text(), re.MULTILINE)
    }
    assert [each for each in sorted(shown) if each[1] not in _targets()] == []
