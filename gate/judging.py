"""Runs a check over the observations, whatever happens in it."""

from gate.boundary import words_of
from gate.checks.check import Check
from gate.finding import Finding, untold
from gate.observations import Observations
from gate.policy import Policy


def judged(check: Check, seen: Observations, policy: Policy) -> Finding:
    """The finding of a check, with an undecided point for every part that it omits."""
    try:
        finding = check.judge(seen, policy)
    except Exception as error:  # noqa: BLE001 - a check that breaks has proved nothing
        finding = _broken(check, error)
    return finding.complete_with(check.parts)


def _broken(check: Check, error: Exception) -> Finding:
    """The finding of a check that raised."""
    points = tuple(
        untold(
            part,
            expected=part.sentence,
            observed=f"the check broke: {words_of(error)}",
            advice="Report this as a defect of the gate.",
        )
        for part in check.parts
    )
    return Finding(claim=check.claim, points=points)
