"""What belts cost, and how many are alive, against what their stacks allow."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from belts.runtimes.cost import Census
from belts.spec.budget import BUDGET
from gate.checks import recovered, stalled
from gate.checks.budget import PARTS, judge
from gate.claims import Claim
from gate.observations import Siblings
from gate.outcome import Outcome
from gate.policy.loosened import loosened
from gate.policy.waivers import Acceptance
from gate.verdict import accepting
from tests.unit.gate.core.builders import NOW, alive, outcomes, policy, seen, siblings, unobserved, words
from tests.unit.gate.recovery.test_recovered import dead

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED
BLUE = alive("blue", serves=True, held=("it serves for gateway",))
OLD = NOW - timedelta(days=60)
ACCEPTED = tuple(Acceptance(part=part.path, reason="blue goes today") for part in PARTS)


def test_two_belts() -> None:
    """The serving belt for a month, the candidate for its twelve hours and two days more."""
    finding = judge(seen(), policy())
    assert set(outcomes(finding).values()) == {PASSED}
    assert finding.summary == "2 belts, 58.25 a month"


@pytest.mark.parametrize(
    ("told", "part", "outcome", "said"),
    [
        (
            siblings(BLUE, alive("green"), alive("red")),
            "siblings",
            FAILED,
            "3: blue 53.83 a month",
        ),
        (siblings(BLUE, alive("green", born=OLD)), "month", FAILED, "107.66 projected"),
        (siblings(BLUE, alive("green", born=None)), "month", FAILED, "107.66 projected"),
        (siblings(BLUE, alive("green", born=NOW + timedelta(days=1))), "month", FAILED, "of an unknown age"),
        (siblings(alive("blue", born=OLD), alive("green")), "month", PASSED, ""),
        (siblings(BLUE, alive("red")), "siblings", UNTOLD, "does not know green"),
        (siblings(alive("green"), alive("red")), "month", UNTOLD, "does not know blue"),
        (
            siblings(census=Census(unread=("green", "blue"))),
            "siblings",
            UNTOLD,
            "nothing of any belt can be read",
        ),
        (
            siblings(census=Census(alive=(BLUE, alive("green")), unread=("red",))),
            "siblings",
            FAILED,
            "red, which cannot be read",
        ),
        (
            siblings(census=Census(alive=(BLUE,), unread=("green",))),
            "month",
            UNTOLD,
            "asked of green cannot be read",
        ),
    ],
)
def test_one_case(told: Siblings, part: str, outcome: Outcome, said: str) -> None:
    """Each is decided by what the place knows; of what it does not, the dearest counts, or none."""
    finding = judge(seen(siblings=told), policy())
    assert outcomes(finding)[part] is outcome
    assert said in words(finding)


def test_what_to_retire() -> None:
    """Not who serves, nor the candidate, nor what soaks."""
    soaks = alive("red", held=("it soaks for gateway, for 3:00:00 more",))
    finding = judge(seen(siblings=siblings(BLUE, alive("green"), soaks, alive("old"))), policy())
    assert finding.worst is not None
    assert finding.worst.advice == (
        "Retire old with `pulumi destroy --run-program --stack old`; or raise `budget.siblings` in the stack"
        " of each belt: where they differ the tighter counts. Or accept `budget.siblings` in the policy."
    )
    held = judge(seen(siblings=siblings(BLUE, alive("green"), soaks)), policy())
    assert held.worst is not None
    assert held.worst.advice.startswith("Wait until one of them has soaked, and retire it; or raise")


@pytest.mark.parametrize("limits", [{"ceiling": Decimal(58)}, {"siblings": 1}])
@pytest.mark.parametrize("whose", [0, 1])
def test_the_tightest_limit_counts(limits: dict[str, Any], whose: int) -> None:
    """No stack allows itself more than another one does."""
    belts = [BLUE, alive("green")]
    belts[whose] = replace(belts[whose], budget=replace(BUDGET, **limits))
    assert judge(seen(siblings=siblings(*belts)), policy()).outcome is FAILED


def test_too_dear_and_accepted() -> None:
    """What the policy names stands in nobody's way, is shown as accepted, and is listed as looser."""
    many = siblings(BLUE, alive("green", born=OLD), alive("red"))
    says = loosened(policy(accepts=ACCEPTED))
    finding = accepting(judge(seen(siblings=many), says), says)
    assert {point.accepted for point in finding.points} == {"blue goes today"}
    assert finding.weight is PASSED
    assert "budget.month may be exceeded, or stay undecided: blue goes today" in says.loosened
    alone = policy(accepts=ACCEPTED[:1])
    assert accepting(judge(seen(siblings=many), alone), alone).weight is FAILED


def test_urls_alone() -> None:
    """Nobody can tell, and a policy may accept that."""
    unseen = seen(siblings=unobserved())
    assert judge(unseen, policy()).outcome is UNTOLD
    says = policy(accepts=ACCEPTED)
    assert accepting(judge(unseen, says), says).weight is PASSED


@pytest.mark.parametrize("checks", [recovered.checks, stalled.checks])
def test_a_recovery_waits_for_no_money(checks: Any) -> None:
    """Consumers wait for another belt: what that costs is not asked, and the report says so."""
    [check] = [check for check in checks(dead()) if check.claim is Claim.BUDGET]
    many = siblings(BLUE, alive("green", born=OLD), alive("red"))
    finding = check.judge(seen(siblings=many), policy())
    assert set(outcomes(finding).values()) == {PASSED}
    assert all(point.waived for point in finding.points)
