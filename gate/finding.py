"""What a check found: one finding per claim, with at least one point for every part of the claim."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gate.claims import Claim, Part
from gate.coverage.cells import Cells
from gate.observations.rows import RowDifference
from gate.outcome import Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A row that supports a point, as both belts hold it; `covered` if the policy lets it differ."""

    entity: str
    difference: RowDifference
    covered: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One decided thing: what was expected, what was seen, and what an operator does about it.

    `paste` is what goes into the policy, if that is a solution. `found` means that an undecided point
    contains something that was found, and not only something unseen: accepting the part does not accept that.
    """

    part: Part
    outcome: Outcome
    expected: str
    observed: str
    advice: str = ""
    paste: Mapping[str, object] | None = None
    evidence: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    waived: tuple[str, ...] = ()
    accepted: str = ""
    found: bool = False

    @property
    def weight(self) -> Outcome:
        """The outcome as it counts towards the verdict: an accepted point no longer blocks."""
        return Outcome.PASSED if self.accepted else self.outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one check says about its claim. Without any point it is undecided.

    `cells` are all that could have been checked, and `notes` what an operator may improve in the policy.
    """

    claim: Claim
    points: tuple[Point, ...]
    summary: str = ""
    cells: tuple[Cells, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The worst of all points that count; undecided if every point is only accepted."""
        if all(point.accepted for point in self.points):
            return Outcome.COULD_NOT_TELL
        return max(point.weight for point in self.points)

    @property
    def accepted(self) -> bool:
        """True if nothing was decided and the policy accepts every part of that by name."""
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
        """Adds an undecided point for every part of the claim that has none."""
        spoken = {point.part for point in self.points}
        missing = (part for part in parts if part.claim is self.claim and part not in spoken)
        return replace(self, points=self.points + tuple(map(unspoken, missing)))


def passed(
    part: Part,
    *,
    expected: str,
    observed: str,
    evidence: Iterable[str] = (),
    rows: Iterable[Row] = (),
    waived: Iterable[str] = (),
) -> Point:
    """A point that holds."""
    return Point(
        part=part,
        outcome=Outcome.PASSED,
        expected=expected,
        observed=observed,
        evidence=tuple(evidence),
        rows=tuple(rows),
        waived=tuple(waived),
    )


def failed(
    part: Part,
    *,
    expected: str,
    observed: str,
    advice: str,
    paste: Mapping[str, object] | None = None,
    evidence: Iterable[str] = (),
    rows: Iterable[Row] = (),
) -> Point:
    """A point that is known not to hold."""
    return Point(
        part=part,
        outcome=Outcome.FAILED,
        expected=expected,
        observed=observed,
        advice=advice,
        paste=paste,
        evidence=tuple(evidence),
        rows=tuple(rows),
    )


def untold(
    part: Part,
    *,
    expected: str,
    observed: str,
    advice: str,
    paste: Mapping[str, object] | None = None,
    evidence: Iterable[str] = (),
    rows: Iterable[Row] = (),
    found: bool = False,
) -> Point:
    """A point that is undecided."""
    return Point(
        part=part,
        outcome=Outcome.COULD_NOT_TELL,
        expected=expected,
        observed=observed,
        advice=advice,
        paste=paste,
        evidence=tuple(evidence),
        rows=tuple(rows),
        found=found,
    )


def unspoken(part: Part) -> Point:
    """The point for a part that its check omitted."""
    return untold(
        part,
        expected=part.sentence,
        observed="the check said nothing about it",
        advice="Report this as a defect of the gate.",
    )
