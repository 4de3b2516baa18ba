"""Both belts answer GraphQL with data and nothing else."""

from typing import Any

import pytest

from gate.checks.reachable import judge
from gate.observations import Answers, Unobserved
from gate.observations.unobserved import Cause
from gate.outcome import Outcome
from tests.unit.gate.core.builders import first_alias, outcomes, policy, seen, unobserved, words


def test_both_answer() -> None:
    """Two plain answers are enough."""
    assert judge(seen(), policy()).outcome is Outcome.PASSED


@pytest.mark.parametrize("side", ["serving", "candidate"])
@pytest.mark.parametrize("role", ["public", "admin"])
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (unobserved("wrong secret", Cause.DENIED), Outcome.FAILED),
        (unobserved("redirects with status 302", Cause.BAD_ANSWER), Outcome.FAILED),
        (unobserved("did not answer within 15 s", Cause.TIMEOUT), Outcome.FAILED),
        (unobserved("connection refused", Cause.UNREACHABLE), Outcome.FAILED),
        (unobserved("RuntimeError, without a text", Cause.CRASHED), Outcome.COULD_NOT_TELL),
        (unobserved("the gate's time was up", Cause.DEADLINE), Outcome.COULD_NOT_TELL),
    ],
)
def test_one_does_not_answer(side: str, role: str, answer: Unobserved, outcome: Outcome) -> None:
    """What an endpoint does wrong is refused; what the gate could not see is not told; each in its words."""
    given: dict[str, Any] = {"public": 0.01, "admin": 0.01, role: answer}
    answers = Answers(**given)
    finding = judge(seen(**{f"{side}_answers": answers}), policy())
    assert outcomes(finding)[side] is outcome
    assert answer.reason in words(finding)


@pytest.mark.parametrize("side", ["serving", "candidate"])
def test_nothing_seen(side: str) -> None:
    """A probe that saw nothing at all leaves it open."""
    finding = judge(seen(**{f"{side}_answers": unobserved()}), policy())
    assert outcomes(finding)[side] is Outcome.COULD_NOT_TELL


def test_without_an_admin_secret() -> None:
    """A role that nobody can be is not asked."""
    answers = Answers(public=0.01)
    finding = judge(seen(serving_answers=answers, candidate_answers=answers), policy())
    assert finding.outcome is Outcome.PASSED
    assert len(finding.points) == 2


def test_the_first_alias() -> None:
    """Where nothing serves, only the candidate has to answer."""
    assert judge(first_alias(), policy()).outcome is Outcome.PASSED
    silent = judge(first_alias(candidate_answers=unobserved()), policy())
    assert silent.outcome is Outcome.COULD_NOT_TELL
