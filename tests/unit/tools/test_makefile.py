"""The commands a person types, and those that a machine types for them."""

import re

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


def test_ci_runs_what_a_person_runs_and_nothing_else() -> None:
    """The same commands; of the deep tests as many as have time."""
    run = (ROOT / ".ci" / "run").read_text()
    assert re.findall(r"^timed (.*)$", run, re.MULTILINE) == [
        "make check",
        "make test",
        "make test-deep BUDGET=15",
    ]


def test_every_make_command_in_a_page_is_a_target() -> None:
    """A reader can type what any page shows."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    shown = {
        (page.name, target)
        for page in pages
        for target in re.findall(r"(?:^|`)\s*make ([a-z][a-z-]*)", page.read_text(), re.MULTILINE)
    }
    assert [each for each in sorted(shown) if each[1] not in _targets()] == []
