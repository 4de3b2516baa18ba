"""A JSON path becomes its steps, or is refused."""

import pytest

from belts.engine.errors import EngineError
from belts.engine.plan.jsonpath import path_steps


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a", ["a"]),
        ("$.a.b", ["a", "b"]),
        ("$", []),
        ("", []),
        ("a[0].b", ["a", "0", "b"]),
        ('$["a b"]["c"]', ["a b", "c"]),
        ("['x.y']", ["x.y"]),
        ("[1][2]", ["1", "2"]),
    ],
)
def test_a_json_path(text: str, steps: list[str]) -> None:
    """Its steps are these."""
    assert path_steps(text, "$") == steps


@pytest.mark.parametrize("text", ["[", "a..b", "a b", "$[x]", "é"])
def test_a_json_path_that_is_none(text: str) -> None:
    """It is refused."""
    with pytest.raises(EngineError):
        path_steps(text, "$")
