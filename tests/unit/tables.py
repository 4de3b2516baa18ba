"""The tables of a page that name tests, read so that page and suite can be held together."""

import ast
import re
from pathlib import Path

from tests.unit.marks import deep

ROOT = Path(__file__).parents[2]
REFERENCE = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def rows(page: Path) -> list[list[str]]:
    """The rows of every table, without their heads."""
    lines = page.read_text().splitlines()
    tables = [
        line for before, line in zip(["", *lines], lines, strict=False) if line.startswith("| ") and before
    ]
    return [cells for line in tables if not set((cells := _cells(line))[0]) <= {"-"}]


def named(page: Path) -> list[tuple[str, str]]:
    """Every test that a page names: its file, and the function where it names one."""
    return REFERENCE.findall(page.read_text())


def missing(page: Path) -> list[str]:
    """Those that are not there."""
    return [
        f"{path}::{test}"
        for path, test in named(page)
        if not (ROOT / path).is_file() or (test and test not in functions(ROOT / path))
    ]


def left_out(page: Path) -> list[str]:
    """The rows of which every test is a deep one."""
    tried = [(row[:2], REFERENCE.findall(row[-1])) for row in rows(page)]
    return [
        " | ".join(row)
        for row, tests in tried
        if tests and all(deep(ROOT / file, test) for file, test in tests)
    ]


def functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split(" | ")]
