"""What a person is told when something must not be done has one type, four fields and one rendering."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from belts.reading.mistakes import Mistake, MistakesError
from belts.refusal import Refusal, Relayed, told
from tools.failure import SetupFailed

ROOT = Path(__file__).parents[3]
ROOMS = ("belts", "gate", "stacks", "demo", "tools", "examples", "bench")
ROOTS = {
    "Refusal": "what a person reads, in its four parts",
    "Relayed": "what another process has rendered",
    "Caught": "what no person reads as it is",
    "SetupFailed": "a refusal of the toolchain, which does not lean on the product",
    "EngineError": "an answer of the engine, in the form that Hasura gives it",
    "OperationError": "an answer of the plugin, in the form that the real one gives it",
}
FOREIGN = ("Error", "Exception", "Warning")
FOUR = {"what": "blue stays", "expected": "a belt", "seen": "none", "now": "make one"}


def test_the_rendering() -> None:
    """Four lines, in the order in which they are read."""
    refusal = Refusal("blue stays", expected="a belt", seen="none", now="make one")
    assert str(refusal) == "blue stays\n  expected: a belt\n  seen:     none\n  now:      make one"
    assert {name: getattr(refusal, name) for name in FOUR} == FOUR
    assert refusal.brief == "blue stays: none"


def test_the_end_of_a_log() -> None:
    """It stands below the four, each line of it marked."""
    refusal = Refusal("blue stays", expected="a belt", seen="none", now="make one", log_tail="one\ntwo")
    assert str(refusal).endswith("make one\n  the log ends with:\n    | one\n    | two")


def test_nothing_was_seen() -> None:
    """An error of the system may have no text; then there is a word for it."""
    assert "seen:     nothing\n" in told("blue stays", expected="a belt", seen="", now="make one")


def test_several_lines() -> None:
    """They stand below each other, and none can be taken for another part."""
    text = told("blue stays", expected="a belt", seen="one\nnow: two", now="make one")
    assert text.splitlines()[2:] == ["  seen:     one", "            now: two", "  now:      make one"]


def test_mistakes() -> None:
    """All of them are seen at once, each of them once, with the same four around them."""
    text, table = Mistake("a.b", "a text", "7"), Mistake("c", "a map", "nothing")
    assert str(MistakesError([text, table, text], of="the policy", now="mend it")) == (
        "the policy has 2 mistakes; nothing was done\n"
        "  expected: no mistake\n"
        "  seen:     a.b: expected a text, got 7\n"
        "            c: expected a map, got nothing\n"
        "  now:      mend it"
    )


@pytest.mark.parametrize("log_tail", ["", "one\ntwo"])
@pytest.mark.parametrize("seen", ["", "none", "one\ntwo"])
def test_the_toolchain_renders_the_same(seen: str, log_tail: str) -> None:
    four = {"expected": "a belt", "seen": seen, "now": "make one", "log_tail": log_tail}
    assert str(SetupFailed("blue stays", **four)) == str(Refusal("blue stays", **four))


def test_what_is_relayed_is_never_empty() -> None:
    """Pulumi takes an exception without words for success."""
    assert str(Relayed(" \n")).strip()


def test_every_exception_says_what_it_is() -> None:
    """A new one that people read derives from `Refusal`, whose four fields the type checker demands."""
    classes = list(_classes())
    bases: dict[str, list[str]] = {}
    for _, name, its in classes:
        bases.setdefault(name, []).extend(its)
    raised = [(place, name, its) for place, name, its in classes if _is_raised(its, bases)]
    assert len(raised) > 50
    strange = [f"{place}: {name}" for place, name, its in raised if not _comes_from(name, its, bases)]
    assert strange == []


def test_nobody_renders_a_refusal_by_hand() -> None:
    own = {ROOT / "belts" / "refusal.py", ROOT / "tools" / "failure.py"}
    by_hand = [
        str(path.relative_to(ROOT))
        for path in _sources()
        if (r"\n  expected: " in path.read_text() or "seen:     " in path.read_text()) and path not in own
    ]
    assert by_hand == []


def _is_raised(its: list[str], bases: Mapping[str, list[str]]) -> bool:
    """Whether a class derives from an exception, of ours or of anybody's."""
    return any(_is_raised(bases[base], bases) if base in bases else base.endswith(FOREIGN) for base in its)


def _comes_from(name: str, its: list[str], bases: Mapping[str, list[str]]) -> bool:
    """Whether a class is one of the roots, or derives from one."""
    return name in ROOTS or any(_comes_from(base, bases.get(base, []), bases) for base in its)


def _classes() -> Iterator[tuple[str, str, list[str]]]:
    """Every class of ours, where it stands, with the names of what it derives from."""
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                yield str(path.relative_to(ROOT)), node.name, [ast.unparse(base) for base in node.bases]


def _sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))
