"""A release is like a known one when all of it was looked at and nothing differs; nothing else is a pass."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.envio.verify.differences import Standing, compared
from belts.envio.verify.release_facts import FACTS, NAMES, Facts, complete, leaves, parsed, written

SEEN: dict[str, Any] = {fact.name: fact.right or "so" for fact in FACTS}
SEEN["seed.tables"] = {"chains": {"id": "integer"}, "order": {"id": "text"}}
SEEN["seed.enums"] = ["kind"]
KNOWN = Facts(version="1.0.0", seen=SEEN)


def facts(version: str = "1.0.1", **seen: Any) -> Facts:
    return Facts(
        version=version, seen={**SEEN, **{name.replace("__", "."): each for name, each in seen.items()}}
    )


def test_one_like_it() -> None:
    found = compared(complete(facts()), [KNOWN])
    assert (found.standing, found.differences, found.facts.wrong) == (Standing.LIKE, (), ())


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (
            {"seed__tables": {"chains": {"id": "bigint"}, "order": {"id": "text"}}},
            "seed.tables.chains.id: integer → bigint",
        ),
        ({"seed__tables": {"chains": {"id": "integer"}}}, "seed.tables.order.id: text → nothing"),
        ({"seed__enums": ["kind", "other"]}, "seed.enums[other]: nothing → there"),
        ({"seed__enums": []}, "seed.enums[kind]: there → nothing"),
        ({"change__comment": "it ends"}, "change.comment: so → it ends"),
        ({"reorg__noticed": True}, "reorg.noticed: so → true"),
    ],
)
def test_one_that_differs(seen: dict[str, Any], said: str) -> None:
    """Told leaf by leaf, and weighed more than what nobody looked at."""
    found = compared(complete(facts(**seen)), [KNOWN])
    assert [str(each) for each in found.differences] == [said]
    assert found.standing is Standing.OTHER
    less = {name: value for name, value in found.facts.seen.items() if name != "stop.ends"}
    assert compared(complete(replace(found.facts, seen=less)), [KNOWN]).standing is Standing.OTHER


def test_what_nobody_looked_at_is_no_pass() -> None:
    for name in NAMES:
        less = {each: value for each, value in SEEN.items() if each != name}
        found = compared(complete(Facts(version="1.0.1", seen=less)), [KNOWN])
        assert found.standing is Standing.UNTOLD
        assert found.facts.unlooked == {name: "nobody looked"}


def test_what_was_never_seen_of_the_known_one() -> None:
    """There is nothing to compare it with: it is told, and no pass."""
    less = {name: value for name, value in SEEN.items() if name != "kill.indexer"}
    found = compared(complete(facts()), [Facts(version="1.0.0", seen=less)])
    assert (found.standing, found.unknown) == (Standing.UNTOLD, ("kill.indexer",))


def test_nothing_known() -> None:
    assert compared(complete(facts()), []).standing is Standing.OTHER


def test_the_nearest() -> None:
    """The one from which least differs; of two alike, its own version."""
    far = Facts(version="0.9.0", seen=facts(seed__enums=[], stop__ends="so not").seen)
    assert compared(complete(facts()), [far, KNOWN]).nearest is KNOWN
    own = Facts(version="1.0.1", seen=SEEN)
    assert compared(complete(facts()), [KNOWN, own]).nearest is own


def test_what_it_loses_by_itself_is_told_however_like_it_is() -> None:
    lost = facts(kill__indexer="chain 1: Transfer: 3 lost")
    found = compared(complete(lost), [replace(lost, version="1.0.0")])
    assert found.standing is Standing.LIKE
    assert [each.name for each in found.facts.wrong] == ["kill.indexer"]


JSON = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(st.text(max_size=3), max_size=3, unique=True)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_a_file_says_what_was_seen(seen: dict[str, Any]) -> None:
    told = complete(Facts(version="1.0.0", seen=seen, measured={"a": 1}))
    assert parsed(written(told)) == told
    assert not compared(told, [told]).differences


@pytest.mark.parametrize("text", ["{}", "[]", '{"format": 2}', "no JSON"])
def test_another_file(text: str) -> None:
    with pytest.raises(ValueError, match=r"format|Expecting"):
        parsed(text)


def test_lists_are_sets() -> None:
    """An order that changes is no difference."""
    assert dict(leaves(["a", "b"], "x")) == dict(leaves(["b", "a"], "x"))
