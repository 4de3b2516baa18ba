"""On every chain the candidate is at the head, where the serving belt is, and stays there."""

from datetime import timedelta
from typing import Any

import pytest

from gate.checks.height import judge
from gate.observations.heights import Look
from gate.outcome import Outcome
from gate.policy.loosened import loosened
from tests.unit.gate.core.builders import (
    NOW,
    chain,
    heights,
    outcomes,
    policy,
    seen,
    unobserved,
    watch,
    words,
)

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED


# The candidate has all that its config asks of a chain that goes on.
ENDED = {
    "first": Look(head=100, candidate=102),
    "last": Look(head=9000, candidate=102),
    "end_block": 102,
}


def judged(**changes: Any) -> Any:
    """Chain 1 changed, chain 10 as it should be."""
    nobody = unobserved("nobody watched")
    return judge(seen(heights=heights(watch(1, **changes), watch(10)), watched=nobody), policy())


def test_at_the_head_of_every_chain() -> None:
    """Reached, near, moving and settled."""
    assert set(outcomes(judge(seen(), policy())).values()) == {PASSED}


@pytest.mark.parametrize(
    ("part", "outcome", "changes", "said"),
    [
        ("reached", FAILED, {"target": 103}, "chain 1: at 102, 1 block short of the serving belt's 103"),
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
        ("at-head", PASSED, {"last": Look(head=82, candidate=102)}, ""),
        (
            "at-head",
            UNTOLD,
            {"last": Look(head=81, candidate=102)},
            "chain 1: 21 blocks above the head 81 that providers tell, which lag behind",
        ),
        ("at-head", PASSED, ENDED | {"serving_end": 102}, ""),
        ("moving", PASSED, ENDED | {"serving_end": 102}, ""),
        (
            "at-head",
            FAILED,
            ENDED,
            "it ends at block 102, which neither the serving belt nor the policy says",
        ),
        ("moving", FAILED, ENDED, "stands at 102 while the chain went from 100 to 9000"),
        ("at-head", FAILED, ENDED | {"serving_end": 101}, "8,898 blocks behind the head 9000"),
        ("at-head", FAILED, ENDED | {"end_block": 103, "serving_end": 103}, "8,898 blocks behind the head"),
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
            "neither moved for 4 s, the candidate 1 block behind",
        ),
        (
            "moving",
            UNTOLD,
            {"first": Look(head=unobserved(), candidate=102), "last": Look(head=103, candidate=102)},
            "neither the candidate nor a provider",
        ),
        ("settled", FAILED, {"caught_up_at": None}, "chain 1: never caught up"),
        (
            "settled",
            FAILED,
            {"caught_up_at": NOW - timedelta(minutes=29)},
            "chain 1: reached the head 29 min ago",
        ),
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
    assert outcomes(finding) == {
        "reached": PASSED,
        "at-head": PASSED,
        "moving": FAILED,
        "settled": PASSED,
        "breaks": UNTOLD,
    }


@pytest.mark.parametrize("part", ["at-head", "moving"])
def test_an_end_that_the_policy_says(part: str) -> None:
    """At a first alias no serving belt says where a chain ends, and the candidate alone does not."""
    seen_heights = heights(watch(1, **ENDED, target=None), watch(10))
    says = policy(chains=(chain(1, end_block=102), chain(10)))
    assert outcomes(judge(seen(heights=seen_heights), says))[part] is PASSED
    assert outcomes(judge(seen(heights=seen_heights), policy()))[part] is FAILED
    assert "nothing above block 102 is asked for, on chain 1" in loosened(says).loosened


def test_a_provider_behind_the_others() -> None:
    """It makes no candidate look good, and the report names it."""
    told = (("https://frozen.example", 50), ("https://lively.example", 103))
    [point] = [point for point in judged(told=told).points if point.part.name == "at-head"]
    assert point.outcome is PASSED
    assert "https://frozen.example tells 50, and another 103" in point.evidence[0]
