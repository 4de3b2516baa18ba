"""The page about how a candidate can be wrong, held to the tests that try it."""

from tests.unit import tables
from tests.unit.tables import REFERENCE, ROOT

PAGE = ROOT / "docs" / "threats.md"
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


def test_every_test_that_is_named_exists() -> None:
    """A reader can run what the page names."""
    assert tables.named(PAGE)
    assert tables.missing(PAGE) == []


def test_every_way_is_tried() -> None:
    """No row stands there without a test."""
    assert [row[0] for row in tables.rows(PAGE) if not REFERENCE.search(row[2])] == []


def test_every_way_is_tried_in_every_run() -> None:
    """What only the deep tests saw, a change could break for weeks."""
    assert tables.left_out(PAGE) == []


def test_every_file_of_faults_is_on_the_page() -> None:
    """Whoever adds faults says on the page which wrong candidate they are about."""
    named = {path for path, _ in tables.named(PAGE)}
    live = ROOT / "tests" / "live" / "gate"
    files = {
        str(file.relative_to(live)) for folder in FAULTS for file in (live / folder).glob("**/test_*.py")
    }
    missing = {each for each in files - ABOUT_LOOKING if f"tests/live/gate/{each}" not in named}
    assert missing == set()
