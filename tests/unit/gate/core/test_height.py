"""On every chain the candidate is at the head, where the serving belt is, and stays there."""

from datetime import timedelta
from typing import Any

import pytest

from gate.checks.height import judge
from gate.observations.heights import Look
from gate.outcome import Outcome
from tests.unit.gate.core.builders import NOW, heights, outcomes, policy, seen, unobserved, watch, words

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED


def judged(**changes: Any) -> Any:
    """Chain 1 changed, chain 10 as it should be."""
    return judge(seen(heights=heights(watch(1, **changes), watch(10))), policy())


def test_at_the_head_of_every_chain() -> None:
    """Reached, near, moving and settled."""
    assert set(outcomes(judge(seen(), policy())).values()) == {PASSED}


@pytest.mark.parametrize(
    ("part", "outcome", "changes", "said"),
    [
        ("reached", FAILED, {"target": 103}, "chain 1: at 102, 1 blocks short of the serving belt's 103"),
        ("reached", FAILED, {"last": Look(head=103, candidate=None)}, "chain 1: no block is committed"),
        ("reached", PASSED, {"target": 102}, ""),
        ("reached", PASSED, {"target": None}, ""),
        (
            "at-head",
            FAILED,
            {"last": Look(head=123, candidate=102)},
            "chain 1: 21 blocks behind the head 123",
        ),
        ("at-head", PASSED, {"last": Look(head=122, candidate=102)}, ""),
        ("at-head", FAILED, {"last": Look(head=103, candidate=None)}, "chain 1: no block is committed"),
        ("at-head", UNTOLD, {"last": Look(head=unobserved("no provider"), candidate=102)}, "no provider"),
        (
            "moving",
            FAILED,
            {"last": Look(head=103, candidate=99)},
            "stands at 99 while the chain went from 100 to 103",
        ),
        ("moving", PASSED, {"last": Look(head=100, candidate=100)}, ""),
        (
            "moving",
            PASSED,
            {"first": Look(head=103, candidate=103), "last": Look(head=103, candidate=103)},
            "",
        ),
        (
            "moving",
            UNTOLD,
            {"first": Look(head=103, candidate=102), "last": Look(head=103, candidate=102)},
            "neither moved for 4 s, the candidate 1 blocks behind",
        ),
        (
            "moving",
            UNTOLD,
            {"first": Look(head=unobserved(), candidate=102), "last": Look(head=103, candidate=102)},
            "neither the candidate nor a provider",
        ),
        ("settled", FAILED, {"caught_up_at": None}, "chain 1: never caught up"),
        ("settled", FAILED, {"caught_up_at": NOW - timedelta(minutes=29)}, "chain 1: caught up 29 min ago"),
        ("settled", PASSED, {"caught_up_at": NOW - timedelta(minutes=30)}, ""),
    ],
)
def test_one_chain(part: str, outcome: Outcome, changes: dict[str, Any], said: str) -> None:
    """One chain out of line decides its part, by name, to the block and to the second."""
    finding = judged(**changes)
    assert outcomes(finding)[part] is outcome
    assert said in words(finding)


@pytest.mark.parametrize("part", ["reached", "at-head", "moving", "settled"])
def test_a_chain_that_the_candidate_does_not_have(part: str) -> None:
    """A chain that was not watched is not where it should be."""
    finding = judge(seen(heights=heights(watch(1))), policy())
    assert outcomes(finding)[part] is FAILED
    assert "chain 10: the candidate does not have it" in words(finding)


def test_not_watched() -> None:
    """Nothing is told of heights that nobody saw."""
    assert set(outcomes(judge(seen(heights=unobserved()), policy())).values()) == {UNTOLD}


def test_nothing_expected() -> None:
    """Without a single chain there is nothing to be right about."""
    assert set(outcomes(judge(seen(), policy(chains=()))).values()) == {UNTOLD}


def test_ready_is_not_moving() -> None:
    """A belt that was ready long ago and stalled is refused, whatever it says of itself."""
    finding = judged(last=Look(head=103, candidate=99), target=99, caught_up_at=NOW - timedelta(days=30))
    assert outcomes(finding) == {"reached": PASSED, "at-head": PASSED, "moving": FAILED, "settled": PASSED}
