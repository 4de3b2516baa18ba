"""The pages lead somewhere, and the map of the code is the code's."""

import re
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
ARCHITECTURE = CHECKOUT / "docs" / "architecture.md"
PRODUCT = ("belts", "gate")


def _pages() -> list[str]:
    listed = subprocess.run(
        ["git", "-C", str(CHECKOUT), "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.split()


def _anchors(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", _pages())
def test_no_link_is_dead(page: str) -> None:
    """Every link inside the repository leads to a file, and to a heading where it names one."""
    here = CHECKOUT / page
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", here.read_text()):
        if "://" in link:
            continue
        target, _, anchor = link.partition("#")
        there = (here.parent / target).resolve() if target else here
        if not there.exists() or (anchor and anchor not in _anchors(there)):
            dead.append(link)
    assert dead == []


def _section(name: str) -> str:
    [found] = re.findall(rf"^## {name}\n(.*?)(?=^## |\Z)", ARCHITECTURE.read_text(), re.MULTILINE | re.DOTALL)
    return str(found)


def _paths(section: str) -> list[str]:
    """What is written as code and looks like a place in the tree."""
    return [path for path in re.findall(r"`([\w./-]+)`", section) if "/" in path]


@pytest.mark.parametrize("section", ["The rooms", "How to add"])
def test_every_place_exists(section: str) -> None:
    """No room that was moved stays on the map."""
    paths = _paths(_section(section))
    assert len(paths) > 10
    assert [path for path in paths if not (CHECKOUT / path).exists()] == []


def test_every_room_is_on_the_map() -> None:
    """A new room says what it is for."""
    rooms = {
        f"{path.parent.name}/{path.name}/"
        for one in PRODUCT
        for path in (CHECKOUT / one).iterdir()
        if (path / "__init__.py").exists()
    }
    assert len(rooms) > 15
    assert sorted(rooms - set(_paths(_section("The rooms")))) == ["gate/schema/"]


def test_every_word_of_the_glossary_is_used() -> None:
    """A word that nothing uses any more, or under another name, is no word of ours."""
    words = re.findall(r"\*\*([^*]+)\*\*", _section("Words"))
    text = " ".join(path.read_text() for one in PRODUCT for path in (CHECKOUT / one).rglob("*.py")).lower()
    assert len(words) > 25
    assert [word for word in words if word.lower() not in text] == []


RETIRED = ("beacon", "excuses", "eyes", "herald", "letter", "occasion", "resurrection", "scene", "telling")


def test_no_retired_word_names_a_module() -> None:
    """What has been given the word of the trade keeps it."""
    names = [path.stem for one in PRODUCT for path in (CHECKOUT / one).rglob("*.py")]
    assert [name for name in names if set(name.split("_")) & set(RETIRED)] == []
