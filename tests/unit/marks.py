"""Which tests are deep by their marks, read without importing them."""

import ast
from pathlib import Path

DEEP = "pytest.mark.deep"


def deep(file: Path, test: str = "") -> bool:
    """Whether every run leaves this test out, or this whole file."""
    tree = ast.parse(file.read_text())
    marks = [node.value for node in tree.body if isinstance(node, ast.Assign) and _named(node, "pytestmark")]
    if any(DEEP in ast.unparse(mark) for mark in marks):
        return True
    found = {
        node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return bool(test) and any(ast.unparse(each) == DEEP for each in found[test].decorator_list)


def _named(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
