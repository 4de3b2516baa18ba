"""A run of the deep tests within a budget."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import budget

NAMES = st.lists(st.text(min_size=1), unique=True)


@given(NAMES, st.text(alphabet="0123456789abcdef", max_size=40))
def test_rotation_loses_no_group(groups: list[str], commit: str) -> None:
    """Whatever the commit, every group has its turn once, in an unbroken order."""
    turned = budget.rotated(groups, commit)
    assert sorted(turned) == sorted(groups)
    assert not groups or turned == [
        groups[(groups.index(turned[0]) + step) % len(groups)] for step in range(len(groups))
    ]


def test_rotation_begins_elsewhere_at_another_commit() -> None:
    """Two commits that differ begin with different groups."""
    assert budget.rotated(["a", "b", "c"], "00000001") == ["b", "c", "a"]
    assert budget.rotated(["a", "b", "c"], "00000002") == ["c", "a", "b"]


@given(st.dictionaries(st.text(min_size=1), st.sampled_from("abc")), st.text(alphabet="0123456789abcdef"))
def test_every_file_has_its_turn(groups: dict[str, str], commit: str) -> None:
    """Once, and the files of one group after each other."""
    turns = budget.turns(groups, [], commit)
    ordered = [groups[file] for file in sorted(turns, key=turns.__getitem__)]
    assert sorted(turns.values()) == list(range(len(groups)))
    assert len([1 for one, other in pairwise(ordered) if one != other]) == max(0, len(set(ordered)) - 1)


@pytest.mark.parametrize("commit", ["00000000", "00000001", "00000002", "00000003"])
def test_what_a_change_touches_has_its_turn_first(commit: str) -> None:
    """At whatever commit, with its whole group; then the others in rotation."""
    files = {
        "tests/live/engine/test_a.py": "engine",
        "tests/live/gate/test_whole.py": "world",
        "tests/live/gate/proof/test_b.py": "proof",
        "tests/live/process/test_c.py": "world",
    }
    turns = budget.turns(files, ["gate/proof/walk.py"], commit)
    assert turns["tests/live/gate/proof/test_b.py"] == 0
    assert {turns["tests/live/gate/test_whole.py"], turns["tests/live/process/test_c.py"]} == {1, 2}


def test_a_spent_budget_skips_in_words_of_its_own() -> None:
    """What had no time is told from what is skipped for another reason."""
    with pytest.raises(pytest.skip.Exception, match=budget.NO_TIME):
        budget.Budget(seconds=0).pytest_runtest_setup(SimpleNamespace())  # type: ignore[arg-type]
    budget.Budget(seconds=60).pytest_runtest_setup(SimpleNamespace())  # type: ignore[arg-type]


def test_pytest_itself_takes_the_budget(tmp_path: Path) -> None:
    """Where folders have a conftest of their own, as those of the live tests do, pytest sorts plugins."""
    (tmp_path / "conftest.py").write_text(
        "from tests import budget\n"
        "def pytest_configure(config):\n"
        "    config.pluginmanager.register(budget.Budget(seconds=0), 'budget')\n"
    )
    for folder in (tmp_path / "first", tmp_path / "second"):
        folder.mkdir()
        (folder / "conftest.py").write_text("")
        (folder / f"test_{folder.name}.py").write_text("def test_it(): assert False\n")
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rs",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            tmp_path,
            tmp_path,
        ],
        env={"PYTHONPATH": str(budget.CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 skipped" in ran.stdout
    assert budget.NO_TIME in ran.stdout


def test_only_what_had_no_time_is_listed() -> None:
    """A test that is skipped because a part is missing does not count as one without time."""
    late = SimpleNamespace(nodeid="tests/b.py::late", longrepr=("file", 1, f"Skipped: {budget.NO_TIME}"))
    other = SimpleNamespace(nodeid="tests/a.py::other", longrepr=("file", 1, "Skipped: no sshd"))
    assert budget.unrun([late, other]) == ["tests/b.py::late"]


def test_the_summary_says_that_it_is_no_pass() -> None:
    """Nothing is written where everything had time."""
    lines: list[str] = []
    budget.summary([], lines.append)
    assert lines == []
    budget.summary(["tests/b.py::late"], lines.append)
    assert lines == [
        "1 deep tests did not run, for want of time; they have not passed:",
        "  tests/b.py::late",
    ]
