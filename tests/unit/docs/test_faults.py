"""The page about the middle of a promotion has each kind that is tried, and names tests that exist."""

import re

from tests.live.gate.moments import test_moments as moments
from tests.unit import tables
from tests.unit.tables import ROOT

PAGE = ROOT / "docs" / "faults.md"


def test_every_kind() -> None:
    """As the suite calls it, and no other."""
    section = PAGE.read_text().partition("| kind |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `([a-z]+)` \|", section, re.MULTILINE)) == set(moments.KINDS)


def test_how_often() -> None:
    """The page says what a full run does."""
    assert moments.TIMES == 20
    assert "at twenty moments" in PAGE.read_text()
    assert moments.VARIABLE in PAGE.read_text()


def test_every_test_that_is_named_exists() -> None:
    """A reader can run what the page names."""
    assert tables.named(PAGE)
    assert tables.missing(PAGE) == []
