"""The page on ways around the gate lists what is tested, and nothing else."""

import ast
import re
from pathlib import Path

from tests.unit.marks import deep

CHECKOUT = Path(__file__).resolve().parents[3]
PAGE = (CHECKOUT / "docs" / "bypasses.md").read_text()
TESTS = CHECKOUT / "tests" / "live" / "stacks" / "test_bypasses.py"
TABLE = "test_way"


def tried() -> set[str]:
    """Every way that is tried: those in the table of ways, and those with a test of their own."""
    tree = ast.parse(TESTS.read_text())
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    alone = {name.removeprefix("test_").replace("_", "-") for name in found - {TABLE} if name[:5] == "test_"}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    ways = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Way"]
    names = [keyword.value for way in ways for keyword in way.keywords if keyword.arg == "name"]
    return alone | {str(name.value) for name in names if isinstance(name, ast.Constant)}


def test_every_way() -> None:
    """Each way that is tried has its row, with a result, and each row its test."""
    rows = re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| [^|]+ \| ([^|]+) \|$", PAGE, re.MULTILINE)
    words = ("refused by", "nothing moves", "found by the auditor")

    assert len(rows) == len({name for name, _ in rows})
    assert {name for name, _ in rows} == tried()
    assert len(rows) > 35
    assert [result for _, result in rows if not result.startswith(words)] == []


def test_every_way_is_tried_in_every_run() -> None:
    """Each once: none of them is left to the deep tests."""
    names = re.findall(r"^def (test_[a-z_]+)", TESTS.read_text(), re.MULTILINE)
    assert len(names) > 12
    assert [name for name in names if deep(TESTS, name)] == []


def test_every_test_that_is_named() -> None:
    """Each file and each test that the page names is there."""
    files = set(re.findall(r"`(tests/[a-z/_]+\.py)`", PAGE))
    source = "\n".join((CHECKOUT / file).read_text() for file in files)
    named = set(re.findall(r"`(test_[a-z_]+)`", PAGE))

    assert len(files) >= 8
    assert [name for name in named if f"def {name}(" not in source] == []
