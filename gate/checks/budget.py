"""Judges what belts may cost: a correct candidate can still be one belt too many."""

from dataclasses import replace
from datetime import datetime

from belts.runtimes import bill, cost
from belts.runtimes.cost import Census, Limits, cents
from gate.amounts import amount
from gate.checks.check import Check
from gate.checks.wording import unseen
from gate.claims import Claim, Part
from gate.finding import Finding, Point, failed, passed, untold
from gate.observations import Observations, Siblings, Unobserved
from gate.outcome import Outcome
from gate.policy import Policy

SIBLINGS = Part(
    claim=Claim.BUDGET,
    name="siblings",
    sentence="no more belts are alive than the stacks allow",
    needs=frozenset(),
    reads=("siblings",),
    acceptable=True,
    without="how many belts are alive; known only where the belts run",
)
MONTH = Part(
    claim=Claim.BUDGET,
    name="month",
    sentence="a month of all belts costs no more than the stacks allow",
    needs=frozenset(),
    reads=("siblings",),
    acceptable=True,
    without="what the belts cost; known only where the belts run",
)
PARTS = (SIBLINGS, MONTH)


def judge(seen: Observations, policy: Policy) -> Finding:
    """No more belts are alive, and a month costs no more, than the stacks of the belts allow."""
    siblings = seen.siblings
    if isinstance(siblings, Unobserved):
        points = tuple(unseen(part, siblings, expected=part.sentence) for part in PARTS)
        return Finding(claim=Claim.BUDGET, points=points)
    if missing := _missing(siblings):
        points = tuple(_untold(part, f"the place of the belts does not know {missing}") for part in PARTS)
        return Finding(claim=Claim.BUDGET, points=points)
    census = _serving(siblings)
    return Finding(
        claim=Claim.BUDGET,
        points=tuple(
            _accepted(point, policy)
            for point in (
                _siblings(census, seen.began, siblings.candidate),
                _month(census, seen.began, siblings.candidate),
            )
        ),
        summary=f"{amount(len(census.alive), 'belt')}, {_projected(census, seen.began)} a month",
    )


CHECK = Check(claim=Claim.BUDGET, parts=PARTS, judge=judge)


def _missing(siblings: Siblings) -> str:
    """The belts of this run that the place does not list, because they run elsewhere."""
    names = {belt.name for belt in siblings.census.alive} | set(siblings.census.unread)
    asked = (siblings.candidate, *([siblings.serving] if siblings.serving else ()))
    return " and ".join(name for name in asked if name not in names)


def _serving(siblings: Siblings) -> Census:
    """The census with the serving belt of this run marked as serving, whatever its lease says."""
    alive = tuple(
        replace(belt, serves=True) if belt.name == siblings.serving else belt
        for belt in siblings.census.alive
    )
    return replace(siblings.census, alive=alive)


def _siblings(census: Census, now: datetime, candidate: str) -> Point:
    number = len(census.alive) + len(census.unread)
    if not census.alive:
        return _untold(SIBLINGS, "nothing of any belt can be read")
    limit = Limits.of(census.alive).siblings
    expected, observed = f"at most {amount(limit, 'belt')} alive", bill.each(census, now)
    if number <= limit:
        return passed(SIBLINGS, expected=expected, observed=observed)
    return failed(
        SIBLINGS,
        expected=expected,
        observed=f"{number}: {observed}",
        advice=_advice(census, SIBLINGS, candidate),
    )


def _month(census: Census, now: datetime, candidate: str) -> Point:
    if census.unread:
        return _untold(
            MONTH, f"what was asked of {', '.join(census.unread)} cannot be read, so nobody knows its cost"
        )
    limit = Limits.of(census.alive)
    expected = f"at most {cents(limit.ceiling)} for a month"
    observed = f"{_projected(census, now)} projected: {bill.each(census, now)}"
    if cost.projected(census.alive, now, window=limit.window) <= limit.ceiling:
        return passed(MONTH, expected=expected, observed=observed)
    return failed(MONTH, expected=expected, observed=observed, advice=_advice(census, MONTH, candidate))


def _projected(census: Census, now: datetime) -> str:
    if not census.alive:
        return "nobody knows what"
    return cents(cost.projected(census.alive, now, window=Limits.of(census.alive).window))


def _advice(census: Census, part: Part, candidate: str) -> str:
    """Names the belts to retire, never the candidate itself."""
    limit = "siblings" if part is SIBLINGS else "ceiling"
    words = bill.retire((belt for belt in census.alive if belt.name != candidate), limit)
    return f"{words[0].upper()}{words[1:]}. Or accept `{part.path}` in the policy."


def _untold(part: Part, observed: str) -> Point:
    return untold(
        part,
        expected=part.sentence,
        observed=observed,
        advice="`python -m belts status` tells more, where the belts run;"
        f" or accept `{part.path}` in the policy.",
    )


def _accepted(point: Point, policy: Policy) -> Point:
    """Marks an exceeded budget as accepted if the policy names it: cost is no reason to distrust a belt."""
    reason = next((one.reason for one in policy.accepts if one.part == point.part.path), "")
    return replace(point, accepted=reason) if point.outcome is Outcome.FAILED else point
