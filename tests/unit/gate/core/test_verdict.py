"""The worst wins, nothing is not a pass, and acceptance reaches only what may be accepted."""

from typing import Any

import pytest

from gate.claims import Access, Claim, Part
from gate.finding import Finding, Point, failed, passed, untold
from gate.outcome import ExitCode, Outcome
from gate.policy.waivers import Acceptance
from gate.verdict import Verdict, accepting
from tests.unit.gate.core.builders import NOW, policy


def part(name: str = "one", *, claim: Claim = Claim.RUNTIME, acceptable: bool = False) -> Part:
    return Part(
        claim=claim,
        name=name,
        sentence="it holds",
        needs=frozenset({Access.GRAPHQL}),
        reads=(),
        acceptable=acceptable,
    )


def good(of: Part) -> Point:
    return passed(of, expected="it holds", observed="it does")


def bad(of: Part) -> Point:
    return failed(of, expected="it holds", observed="it does not", advice="Mend it.")


def open_(of: Part) -> Point:
    return untold(of, expected="it holds", observed="nobody saw", advice="Look.")


def found(of: Part) -> Point:
    return untold(of, expected="it holds", observed="3 rows differ", advice="Look.", found=True)


def finding(*points: Point, claim: Claim = Claim.RUNTIME) -> Finding:
    return Finding(claim=claim, points=points)


def verdict(*findings: Finding, **changes: Any) -> Verdict:
    standard: dict[str, Any] = {
        "findings": findings,
        "required": frozenset({Claim.RUNTIME}),
        "began": NOW,
        "seconds": 1.0,
        "seed": 7,
        "policy": policy(),
    }
    return Verdict(**(standard | changes))


@pytest.mark.parametrize(
    ("points", "outcome"),
    [
        ((good, good), Outcome.PASSED),
        ((good, open_), Outcome.COULD_NOT_TELL),
        ((open_, bad, good), Outcome.FAILED),
        ((), Outcome.COULD_NOT_TELL),
    ],
)
def test_the_worst_of_points(points: tuple[Any, ...], outcome: Outcome) -> None:
    """One bad point spoils a claim; a claim without points is not told."""
    assert finding(*(make(part()) for make in points)).outcome is outcome


@pytest.mark.parametrize(
    ("points", "code"),
    [
        ([good], ExitCode.PASSED),
        ([open_], ExitCode.COULD_NOT_TELL),
        ([bad], ExitCode.REFUSED),
        ([], ExitCode.COULD_NOT_TELL),
    ],
)
def test_exit_codes(points: list[Any], code: ExitCode) -> None:
    """The exit code tells the three outcomes apart."""
    assert verdict(*(finding(make(part())) for make in points)).exit_code is code


def test_a_claim_that_nobody_judged() -> None:
    """All nine claims are required, whatever the checks are."""
    passes = [finding(good(part(claim=claim)), claim=claim) for claim in Claim]
    assert verdict(*passes, required=frozenset(Claim)).outcome is Outcome.PASSED
    for missing in range(len(passes)):
        some = passes[:missing] + passes[missing + 1 :]
        assert verdict(*some, required=frozenset(Claim)).outcome is Outcome.COULD_NOT_TELL


def test_no_claim_required() -> None:
    """A verdict over nothing passes nothing."""
    assert verdict(required=frozenset()).outcome is Outcome.COULD_NOT_TELL


def test_a_partial_run() -> None:
    """A run that looked at some claims only never passes, and refuses what it saw to be wrong."""
    only = frozenset({Claim.RUNTIME})
    assert verdict(finding(good(part())), only=only).exit_code is ExitCode.COULD_NOT_TELL
    assert verdict(finding(bad(part())), only=only).exit_code is ExitCode.REFUSED


def accepted(found: Finding, *names: str) -> Finding:
    accepts = tuple(Acceptance(part=name, reason="hosted") for name in names)
    return accepting(found, policy(accepts=accepts))


def test_accepted_by_name() -> None:
    """A part that may be accepted no longer stands in the way, once the policy names it."""
    found = finding(good(part("a")), open_(part("b", acceptable=True)))
    assert accepted(found, "runtime.b").outcome is Outcome.PASSED
    assert accepted(found, "runtime.a").outcome is Outcome.COULD_NOT_TELL


def test_a_claim_that_is_only_accepted() -> None:
    """A claim of which nothing was told is not passed; it is accepted, and the rest decides."""
    open_part = accepted(finding(open_(part("b", acceptable=True))), "runtime.b")
    assert open_part.outcome is Outcome.COULD_NOT_TELL
    assert open_part.accepted
    assert verdict(open_part).outcome is Outcome.COULD_NOT_TELL
    told = finding(good(part(claim=Claim.HEIGHT)), claim=Claim.HEIGHT)
    both = frozenset({Claim.HEIGHT, Claim.RUNTIME})
    assert verdict(open_part, told, required=both).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "point", [bad(part(acceptable=True)), open_(part(acceptable=False)), bad(part(acceptable=False))]
)
def test_what_cannot_be_accepted(point: Point) -> None:
    """Neither a refusal nor a core part is accepted away, even by a policy that names it."""
    before = finding(good(part("a")), point)
    assert accepted(before, "runtime.one").outcome is before.outcome


def test_a_part_that_the_check_forgot() -> None:
    """A part of the claim that no point speaks of is not told."""
    whole = finding(good(part("a"))).complete_with([part("a"), part("b"), part("c", claim=Claim.HEIGHT)])
    assert whole.outcome is Outcome.COULD_NOT_TELL
    assert [point.part.name for point in whole.points] == ["a", "b"]


def test_what_was_found_is_never_accepted() -> None:
    """Only what nobody saw can be accepted: a difference that was found stays in the way."""
    acceptable = part(acceptable=True)
    says = policy(accepts=(Acceptance(part=acceptable.path, reason="hosted"),))
    assert accepting(finding(open_(acceptable)), says).weight is Outcome.PASSED
    assert accepting(finding(found(acceptable)), says).weight is Outcome.COULD_NOT_TELL
    assert accepting(finding(open_(acceptable), found(acceptable)), says).weight is Outcome.COULD_NOT_TELL
