"""The page about how a candidate can be wrong, held to the tests that try it."""

import ast
import re
from pathlib import Path

from tests.unit.marks import deep

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "threats.md"
REFERENCE = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
FAULTS = ("chain", "content", "proof", "served", "sound")
"""Folders of live tests whose files are about wrong candidates."""
ABOUT_LOOKING = frozenset(
    {
        "content/test_own_state.py",
        "content/test_height.py",
        "content/test_lost_history.py",
        "content/test_pages.py",
        "content/test_session.py",
        "content/test_versions.py",
        "content/test_waivers.py",
        "content/test_work.py",
        "sound/test_speed.py",
    }
)
"""Files of these folders that are about how the gate looks."""


def rows() -> list[list[str]]:
    """The rows of every table of the page, without their heads."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[0] != "what is wrong" and not set(row[0]) <= {"-"}]


def functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_test_that_is_named_exists() -> None:
    """A reader can run what the page names."""
    named = REFERENCE.findall(PAGE.read_text())
    assert named
    for path, test in named:
        file = ROOT / path
        assert file.is_file(), path
        assert not test or test in functions(file), f"{path}::{test}"


def test_every_way_is_tried() -> None:
    """No row stands there without a test."""
    assert [row[0] for row in rows() if not REFERENCE.search(row[2])] == []


def test_every_way_is_tried_in_every_run() -> None:
    """What only the deep tests saw, a change could break for weeks."""
    named = {row[0]: REFERENCE.findall(row[2]) for row in rows()}
    left = [way for way, tests in named.items() if all(deep(ROOT / file, test) for file, test in tests)]
    assert left == []


def test_every_file_of_faults_is_on_the_page() -> None:
    """Whoever adds faults says on the page which wrong candidate they are about."""
    named = {path for path, _ in REFERENCE.findall(PAGE.read_text())}
    live = ROOT / "tests" / "live" / "gate"
    files = {
        str(file.relative_to(live)) for folder in FAULTS for file in (live / folder).glob("**/test_*.py")
    }
    missing = {each for each in files - ABOUT_LOOKING if f"tests/live/gate/{each}" not in named}
    assert missing == set()
