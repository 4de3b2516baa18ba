"""A document of any shape is taken apart by hand, and every mistake in it is kept with its path."""

from typing import Any

import pytest

from belts.reading.node import Node, Reading

WHY = "it stands in the config, not in variables"


def node(value: object, **reading: Any) -> Node:
    return Node(value, "policy", Reading(**reading))


def said(of: Node) -> list[str]:
    return [str(mistake) for mistake in of.reading.mistakes]


def test_an_unknown_key() -> None:
    """It is told with the one that is perhaps meant, and without what stands there."""
    top = node({"setle": "k3y", "zzz": "k3y"}).fields("settle", "soak")
    assert said(top) == [
        "policy.setle: expected `settle`, perhaps, got an unknown key",
        "policy.zzz: expected one of the keys settle, soak, got an unknown key",
    ]


@pytest.mark.parametrize(("value", "given"), [(None, False), ({}, True), ([], True), (0, True)])
def test_what_is_nothing(value: object, given: bool) -> None:
    """An empty value is nothing, as a key that is missing; an empty map is a map, and a nought a number."""
    assert node({"a": value}).at("a").given is given
    assert not node({}).at("a").given


@pytest.mark.parametrize("value", [None, [], {}, "a"])
def test_a_list_that_is_required(value: object) -> None:
    """None, an empty one, and what is no list are mistakes, and there is nothing in them."""
    top = node(value)
    assert list(top.each("a list of chains", required=True)) == []
    [line] = said(top)
    assert line.startswith("policy: expected a list of chains, got ")


def test_a_map_of_no_map() -> None:
    """Where a map has to be, nothing is none; where it may be left out, it is one without keys."""
    assert not node(None).is_map({"a"})
    assert said(node(None).fields("a")) == []
    assert said(node([1]).fields("a")) == ["policy: expected a map, got [1]"]


def test_where_variables_may_not_be() -> None:
    """What stands there is shown, and why no variable is filled in."""
    top = node({"start": "${START:-1}"}, fixed=WHY)
    top.at("start").whole(expected="a block number")
    assert said(top) == [f'policy.start: expected a block number, at least 0, got "${{START:-1}}": {WHY}']


def test_a_variable_that_is_not_set() -> None:
    """It is named; one that is empty is as good as none."""
    top = node("https://${HOST}/${KEY}", environment={"HOST": "a", "KEY": ""})
    assert top.filled(str(top.value)) == "https://a/${KEY}"
    assert said(top) == ["policy: expected the environment variable KEY to be set, got none, or an empty one"]
