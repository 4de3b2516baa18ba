"""What a check found: one finding a claim, made of one point or more for every part of the claim."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gate.claims import Claim, Part
from gate.outcome import Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One decided thing: what was expected, what was seen, and what an operator does about it."""

    part: Part
    outcome: Outcome
    expected: str
    observed: str
    advice: str = ""
    evidence: tuple[str, ...] = ()
    waived: tuple[str, ...] = ()
    accepted: str = ""

    @property
    def weight(self) -> Outcome:
        """The outcome as it counts towards the verdict: an accepted point no longer stands in the way."""
        return Outcome.PASSED if self.accepted else self.outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one check says about its claim. With no point at all, nothing could be told."""

    claim: Claim
    points: tuple[Point, ...]
    summary: str = ""

    @property
    def outcome(self) -> Outcome:
        """The worst of all points that count; undecided where every point is only accepted."""
        if all(point.accepted for point in self.points):
            return Outcome.COULD_NOT_TELL
        return max(point.weight for point in self.points)

    @property
    def accepted(self) -> bool:
        """True where nothing was told and the policy accepts every part of that by name."""
        return bool(self.points) and all(point.accepted for point in self.points)

    @property
    def weight(self) -> Outcome:
        """The outcome as it counts towards the verdict."""
        return Outcome.PASSED if self.accepted else self.outcome

    @property
    def worst(self) -> Point | None:
        """The first of the points that decide the outcome."""
        return max(self.points, key=lambda point: point.weight, default=None)

    def complete_with(self, parts: Iterable[Part]) -> "Finding":
        """Adds an undecided point for every part of the claim that no point speaks of."""
        spoken = {point.part for point in self.points}
        missing = (part for part in parts if part.claim is self.claim and part not in spoken)
        return replace(self, points=self.points + tuple(map(unspoken, missing)))


def passed(
    part: Part, *, expected: str, observed: str, evidence: Iterable[str] = (), waived: Iterable[str] = ()
) -> Point:
    """A point that holds."""
    return Point(
        part=part,
        outcome=Outcome.PASSED,
        expected=expected,
        observed=observed,
        evidence=tuple(evidence),
        waived=tuple(waived),
    )


def failed(part: Part, *, expected: str, observed: str, advice: str, evidence: Iterable[str] = ()) -> Point:
    """A point that is known not to hold."""
    return Point(
        part=part,
        outcome=Outcome.FAILED,
        expected=expected,
        observed=observed,
        advice=advice,
        evidence=tuple(evidence),
    )


def untold(part: Part, *, expected: str, observed: str, advice: str, evidence: Iterable[str] = ()) -> Point:
    """A point of which nobody can say whether it holds."""
    return Point(
        part=part,
        outcome=Outcome.COULD_NOT_TELL,
        expected=expected,
        observed=observed,
        advice=advice,
        evidence=tuple(evidence),
    )


def unspoken(part: Part) -> Point:
    """The point for a part that its check said nothing about."""
    return untold(
        part,
        expected=part.sentence,
        observed="the check said nothing about it",
        advice="Report this as a defect of the gate.",
    )
