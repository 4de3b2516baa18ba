"""Both belts answer GraphQL."""

from collections.abc import Iterator

from gate.checks.check import Check
from gate.checks.wording import NOBODY_SERVES, unseen
from gate.claims import Access, Claim, Part
from gate.endpoints import Side
from gate.finding import Finding, Point, failed, passed
from gate.observations import Answers, Cause, Observations, Unobserved
from gate.policy import Policy

SERVING = Part(
    claim=Claim.REACHABLE,
    name="serving",
    sentence="the serving belt answers GraphQL without errors",
    needs=frozenset({Access.GRAPHQL}),
    reads=("serving_answers",),
)
CANDIDATE = Part(
    claim=Claim.REACHABLE,
    name="candidate",
    sentence="the candidate answers GraphQL without errors",
    needs=frozenset({Access.GRAPHQL}),
    reads=("candidate_answers",),
)
PARTS = (SERVING, CANDIDATE)

# Causes for which the endpoint itself is to blame; any other cause leaves the point undecided.
FAULTS = frozenset({Cause.UNREACHABLE, Cause.TIMEOUT, Cause.DENIED, Cause.BAD_ANSWER})
ADVICE = {
    Cause.DENIED: "Check the admin secret in the endpoints file, and what the public role may read.",
    Cause.BAD_ANSWER: "Check that the URL is that of the GraphQL endpoint itself.",
}


def judge(seen: Observations, policy: Policy) -> Finding:  # noqa: ARG001 - nothing here is a matter of policy
    """Both belts answer GraphQL with data and nothing else, to the public and to their administrator."""
    sides = (
        (SERVING, Side.SERVING, seen.serving_answers),
        (CANDIDATE, Side.CANDIDATE, seen.candidate_answers),
    )
    points = tuple(point for part, side, answers in sides for point in _points(seen, part, side, answers))
    who = "the candidate answers" if seen.first else "both answer"
    return Finding(claim=Claim.REACHABLE, points=points, summary=f"{who}, to each role that was asked")


CHECK = Check(claim=Claim.REACHABLE, parts=PARTS, judge=judge)


def _points(seen: Observations, part: Part, side: Side, answers: Answers | Unobserved) -> Iterator[Point]:
    """Yields one belt's points, one for each role that was asked."""
    if side is Side.SERVING and seen.first:
        yield passed(part, expected=part.sentence, observed=NOBODY_SERVES)
    elif isinstance(answers, Unobserved):
        yield unseen(part, answers, expected=part.sentence)
    else:
        yield _point(part, "as public", answers.public)
        if answers.admin is not None:
            yield _point(part, "as admin", answers.admin)


def _point(part: Part, role: str, answer: float | Unobserved) -> Point:
    """Judges one role's answer. An endpoint that is down or wrong fails; it is not undecided."""
    expected = f"{part.sentence}, {role}"
    if not isinstance(answer, Unobserved):
        return passed(part, expected=expected, observed=f"answered {role}")
    if answer.cause not in FAULTS:
        return unseen(part, answer, expected=expected)
    advice = ADVICE.get(answer.cause, "Start the belt, or mend its address, then run the gate again.")
    return failed(part, expected=expected, observed=f"{role}: {answer.reason}", advice=advice)
