"""What the plugin calls a change."""

import pytest

from tools.command_plugin.diff import Change, changes
from tools.command_plugin.values import Value, secret


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"a": 1.0}, {"a": 1.0}, {}),
        ({"a": True}, {"a": 1.0}, {"a": Change.UPDATED}),
        ({}, {"a": 1.0}, {"a": Change.ADDED}),
        ({"a": 1.0}, {}, {"a": Change.DELETED}),
        ({"e": {"A": "1", "B": "2"}}, {"e": {"A": "3"}}, {"e.A": Change.UPDATED, "e.B": Change.DELETED}),
        ({"e": {"a.b": "1"}}, {"e": {"a.b": "2"}}, {'e["a.b"]': Change.UPDATED}),
        ({"e": {'a"b': "1"}}, {"e": {'a"b': "2"}}, {'e["a\\"b"]': Change.UPDATED}),
        ({"t": [1.0]}, {"t": [1.0, 2.0]}, {"t[1]": Change.ADDED}),
        ({"t": [1.0, {"x": [2.0]}]}, {"t": [1.0, {"x": [3.0]}]}, {"t[1].x[0]": Change.UPDATED}),
        ({"t": [1.0, 2.0]}, {"t": [1.0]}, {"t[1]": Change.DELETED}),
        ({"s": secret("x")}, {"s": secret("x")}, {}),
        ({"s": "x"}, {"s": secret("x")}, {"s": Change.UPDATED}),
        ({"s": secret({"a": "x"})}, {"s": secret({"a": "y"})}, {"s": Change.UPDATED}),
        ({"s": [1.0]}, {"s": {"a": 1.0}}, {"s": Change.UPDATED}),
    ],
)
def test_old_and_new_inputs(old: Value, new: Value, found: dict[str, Change]) -> None:
    """Each change is named by the path of what changed; secrets are compared whole."""
    assert changes(old, new) == found
