"""A belt that contradicts itself: what that means, by where the rule comes from and what the policy says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.checks.sound import PARTS, judge
from gate.observations.sound import Broken, Rule, Rules, Standing, Unread
from gate.outcome import Outcome
from gate.policy.waivers import Acceptance
from gate.verdict import accepting
from tests.unit.gate.core.builders import first_alias, outcomes, policy, seen, sound, unobserved, words

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED
NAMES = [part.name for part in PARTS]
LOST = Broken(words="2 of 9 rows of Transfer have no event", rows=2, examples=("Transfer 7", "Transfer 8"))


def rule(**changes: Any) -> Rule:
    standard: dict[str, Any] = {
        "about": "every row of Transfer has its event",
        "looked": 9,
        "broken": (LOST,),
    }
    return Rule(**(standard | changes))


def rules(*found: Rule | Unread, **changes: Any) -> Rules:
    return Rules(rules=found, **changes)


@pytest.mark.parametrize("looks", [seen(), first_alias()], ids=["beside-blue", "first-alias"])
def test_nothing_contradicts_itself(looks: Any) -> None:
    """No serving belt is needed, and the report says over how many rows it holds."""
    finding = judge(looks, policy())
    assert outcomes(finding) == dict.fromkeys(NAMES, PASSED)
    assert finding.points[0].observed == "1 rule holds over 1,000 rows"
    assert finding.points[0].evidence == ("its events agree: 1,000 rows",)
    assert finding.summary == "5 rules"


def test_rules_over_nothing() -> None:
    """A rule that had no row to look at is not said to hold over the rows of the others."""
    finding = judge(seen(sound=sound(rows=rules(rule(broken=()), rule(broken=(), looked=0)))), policy())
    [observed] = [point.observed for point in finding.points if point.part.name == "rows"]
    assert observed == "1 rule holds over 9 rows; 1 rule had no row to look at"


@pytest.mark.parametrize(
    ("standing", "outcome"),
    [
        (Standing.DECLARED, FAILED),
        (Standing.ON_SERVING, FAILED),
        (Standing.SHARED, UNTOLD),
        (Standing.FOUND, UNTOLD),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_a_contradiction(name: str, standing: Standing, outcome: Outcome) -> None:
    """What was only found refuses where the serving belt knows better, and is never passed over."""
    found = rule(standing=standing, declare="`noEvent` with a reason")
    finding = judge(seen(sound=sound(**{name: rules(rule(broken=()), found)})), policy())
    assert outcomes(finding) == dict.fromkeys(NAMES, PASSED) | {name: outcome}
    [point] = [point for point in finding.points if point.outcome is outcome and point.part.name == name]
    assert LOST.words in point.observed
    assert point.evidence == LOST.examples
    assert "say so in the policy: `noEvent` with a reason" in point.advice
    accepting_it = policy(accepts=(Acceptance(part=f"sound.{name}", reason="no database"),))
    assert accepting(finding, accepting_it).weight is outcome


def test_a_contradiction_that_is_meant() -> None:
    """The policy's reason lets it pass, listed among what was waived."""
    finding = judge(seen(sound=sound(rows=rules(rule(meant="minted by hand")))), policy())
    assert outcomes(finding)["rows"] is PASSED
    [point] = [point for point in finding.points if point.part.name == "rows"]
    assert point.waived == ("2 of 9 rows of Transfer have no event: minted by hand",)


def test_many_rows_in_contradiction() -> None:
    """Some are named, of the others it is said how many they are."""
    many = Broken(words="all", rows=900, examples=tuple(f"row {number}" for number in range(50)))
    finding = judge(seen(sound=sound(rows=rules(rule(broken=(many,))))), policy())
    [point] = [point for point in finding.points if point.outcome is FAILED]
    assert point.evidence == ("row 0", "row 1", "row 2", "row 3", "row 4", "and 895 more")


def test_one_thing_that_could_not_be_read() -> None:
    """It is not passed over because the rest holds."""
    unread = Unread(about="the history of Account", why=unobserved("the user may not read it"))
    finding = judge(seen(sound=sound(history=rules(rule(broken=()), unread))), policy())
    assert outcomes(finding)["history"] is UNTOLD
    assert "the user may not read it" in words(finding)


def test_one_kind_that_could_not_be_looked_at() -> None:
    """The other kinds are told all the same."""
    finding = judge(seen(sound=sound(events=unobserved("no raw events are kept"))), policy())
    assert outcomes(finding) == dict.fromkeys(NAMES, PASSED) | {"events": UNTOLD}


def test_nothing_to_contradict() -> None:
    """A belt without history is no contradiction, and that is said."""
    finding = judge(seen(sound=sound(history=rules(nothing="the belt keeps no history"))), policy())
    [point] = [point for point in finding.points if point.part.name == "history"]
    assert (point.outcome, point.observed) == (
        PASSED,
        "there is nothing to contradict: the belt keeps no history",
    )


def test_nothing_at_all() -> None:
    """No rule and no reason for that is not a pass."""
    finding = judge(seen(sound=sound(history=rules())), policy())
    assert outcomes(finding)["history"] is UNTOLD


STANDINGS = st.sampled_from(Standing)
FOUND = st.builds(
    Rule,
    about=st.just("a rule"),
    looked=st.integers(0, 9),
    broken=st.lists(st.just(LOST), max_size=2).map(tuple),
    standing=STANDINGS,
)
UNREAD = st.builds(Unread, about=st.just("a rule"), why=st.just(unobserved()))


@given(st.lists(st.one_of(FOUND, UNREAD), max_size=4), st.sampled_from(NAMES))
def test_nothing_broken_or_unread_passes(found: list[Rule | Unread], name: str) -> None:
    """A kind passes exactly where every rule of it was read and holds, and there is one."""
    finding = judge(seen(sound=sound(**{name: rules(*found)})), policy())
    holds = bool(found) and all(isinstance(one, Rule) and not one.broken for one in found)
    assert (outcomes(finding)[name] is PASSED) is holds
