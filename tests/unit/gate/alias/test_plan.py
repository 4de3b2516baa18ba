"""What a change of the alias is, situation by situation."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.alias.decide.plan import Booked, Impossible, Plan, Promotion, Rollback, Stay, Target, plan
from gate.alias.state import How, Served, Standing

DIALS = {"blue": "127.0.0.1:1", "green": "127.0.0.1:2", "red": "127.0.0.1:3"}


def standing(belt: str, identity: str = "") -> Standing:
    return Standing(belt=belt, identity=identity or f"{belt}'s", dial=DIALS[belt], heights={1: 100})


def live(serves: str, *behind: str) -> Served:
    return Served(serves=standing(serves), since="", how=How.PROMOTED, behind=tuple(map(standing, behind)))


def booked(belt: str | None) -> Booked:
    return Booked(belt=belt, identity=belt and f"{belt}'s")


def target(belt: str, **changes: Any) -> Target:
    return Target(**{"belt": belt, "identity": f"{belt}'s", "dial": DIALS[belt], **changes})


@pytest.mark.parametrize(
    ("alias", "ledger", "wanted", "expected"),
    [
        pytest.param(
            None, booked(None), target("blue"), Promotion(serving=None, first=True), id="first alias of all"
        ),
        pytest.param(live("blue"), booked("blue"), target("blue"), Stay(), id="where it should be"),
        pytest.param(
            live("blue"), booked("blue"), target("green"), Promotion(serving="blue"), id="a new candidate"
        ),
        pytest.param(
            live("green", "blue"),
            booked("green"),
            target("blue"),
            Rollback(to=standing("blue"), booked=True),
            id="the way back",
        ),
        pytest.param(
            live("green", "blue"),
            None,
            target("blue"),
            Rollback(to=standing("blue"), booked=False),
            id="the way back does not wait for the ledger",
        ),
        pytest.param(
            live("blue"),
            booked("blue"),
            target("green"),
            Promotion(serving="blue"),
            id="again to the belt that was rolled back from",
        ),
    ],
)
def test_what_a_change_is(
    alias: Served | None, ledger: Booked | None, wanted: Target, expected: Plan
) -> None:
    """Each situation has one meaning."""
    assert plan(alias, ledger, wanted) == expected


@pytest.mark.parametrize(
    ("alias", "ledger", "wanted", "serving", "words"),
    [
        (None, booked("green"), target("blue"), "green", "says nothing that can be read"),
        (None, booked("blue"), target("blue"), None, "by the ledger blue serves"),
        (live("green"), booked("blue"), target("blue"), None, "by the ledger blue serves"),
        (live("green", "blue"), booked("blue"), target("blue"), None, "judged like any other change"),
        (live("blue"), booked("green"), target("green"), None, "by the ledger green serves"),
        (live("green"), booked(None), target("blue"), "green", "by the ledger nobody serves"),
        (live("green", "blue"), booked("red"), target("blue"), "green", "judged like any other change"),
        (live("red", "green", "blue"), booked("red"), target("green"), "red", "before red is blue"),
        (live("green", "blue"), booked("green"), target("blue", identity="x"), "green", "seeded again"),
    ],
)
def test_what_looks_like_less_than_a_promotion(
    alias: Served | None, ledger: Booked, wanted: Target, serving: str | None, words: str
) -> None:
    """What nobody here did, and what is no way back, is judged like any other change, and says why."""
    decided = plan(alias, ledger, wanted)
    assert isinstance(decided, Promotion)
    assert decided.serving == serving
    assert words in " / ".join(decided.notes)


@pytest.mark.parametrize(
    ("alias", "ledger", "wanted", "words"),
    [
        (None, None, target("blue"), "ledger"),
        (live("blue"), None, target("green"), "ledger"),
        (live("blue"), None, target("blue"), "ledger"),
        (live("blue"), booked(None), target("blue"), "nobody ever served"),
        (live("green"), booked("blue"), target("green"), "by the ledger blue serves"),
        (live("blue"), booked("blue"), target("blue", dial="127.0.0.1:9"), "answers at 127.0.0.1:9"),
        (
            live("green", "blue"),
            booked("green"),
            target("blue", dial="127.0.0.1:9"),
            "answers at 127.0.0.1:9",
        ),
        (live("green", "blue"), None, target("blue", identity="x"), "ledger"),
    ],
)
def test_what_cannot_be_made_now(
    alias: Served | None, ledger: Booked | None, wanted: Target, words: str
) -> None:
    """A change that cannot be made now says what was expected, what was seen, and what to do."""
    decided = plan(alias, ledger, wanted)
    assert isinstance(decided, Impossible)
    assert words in decided.seen
    assert decided.advice


belts = st.sampled_from(sorted(DIALS))
identities = st.sampled_from(["one", "two"])
standings = st.builds(standing, belts, identities)
lives = st.none() | st.builds(
    Served,
    serves=standings,
    since=st.just(""),
    how=st.sampled_from(How),
    behind=st.lists(standings, max_size=3).map(tuple),
)
ledgers = st.none() | st.builds(Booked, belt=belts, identity=identities) | st.just(booked(None))
targets = st.builds(lambda belt, identity: target(belt, identity=identity), belts, identities)


@given(lives, ledgers, targets)
def test_nothing_moves_ungated_but_the_way_back(
    alias: Served | None, ledger: Booked | None, wanted: Target
) -> None:
    """Whatever is seen: without the gate the alias stays, or goes back one step to the very same belt."""
    match plan(alias, ledger, wanted):
        case Stay():
            assert alias is not None
            assert (alias.serves.belt, alias.serves.identity) == (wanted.belt, wanted.identity)
            assert ledger is not None
            assert ledger.identity == wanted.identity
        case Rollback(to=to):
            assert alias is not None
            assert to == alias.behind[-1]
            assert (to.belt, to.identity, to.dial) == (wanted.belt, wanted.identity, wanted.dial)
        case Promotion(serving=None):
            assert ledger is not None
            returns = (ledger.belt, ledger.identity) == (wanted.belt, wanted.identity)
            assert returns or (alias is None and ledger == booked(None))
        case Promotion() | Impossible():
            pass


def test_the_successor_of_a_gateway_that_ended() -> None:
    """Its first alias is compared with the belt that served last, unless that is the candidate itself."""
    found = plan(None, booked(None), target("green"), last="blue")
    assert isinstance(found, Promotion)
    assert (found.serving, found.first, found.unled) == ("blue", False, True)
    assert "blue served last" in found.notes[0]
    assert plan(None, booked(None), target("blue"), last="blue") == Promotion(serving=None, first=True)
    assert plan(live("blue"), booked("blue"), target("green"), last="red") == Promotion(serving="blue")
