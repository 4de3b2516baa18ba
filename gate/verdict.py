"""The verdict: every claim's finding, what was accepted undecided, and what it all comes to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from gate.claims import Claim
from gate.coverage.cells import Cells
from gate.finding import Finding, Point
from gate.outcome import ExitCode, Outcome
from gate.policy import Policy


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the gate says about one candidate at one moment.

    `only` names the claims of a partial run, which never passes as a whole whatever it found.
    """

    findings: tuple[Finding, ...]
    required: frozenset[Claim] = frozenset(Claim)
    only: frozenset[Claim] = frozenset()
    began: datetime
    seconds: float
    seed: int
    policy: Policy

    @property
    def outcome(self) -> Outcome:
        """Passed only where every required claim was judged and none stands in the way."""
        if any(finding.weight is Outcome.FAILED for finding in self.findings):
            return Outcome.FAILED
        told = {finding.claim for finding in self.findings if finding.weight is Outcome.PASSED}
        if self.partial or not self.required or not self.required <= told:
            return Outcome.COULD_NOT_TELL
        if not any(finding.outcome is Outcome.PASSED for finding in self.findings):
            return Outcome.COULD_NOT_TELL
        return max(finding.weight for finding in self.findings)

    @property
    def partial(self) -> bool:
        """True where somebody asked for some claims only."""
        return bool(self.only)

    @property
    def exit_code(self) -> ExitCode:
        """What the process ends with."""
        return {
            Outcome.PASSED: ExitCode.PASSED,
            Outcome.FAILED: ExitCode.REFUSED,
            Outcome.COULD_NOT_TELL: ExitCode.COULD_NOT_TELL,
        }[self.outcome]

    @property
    def waived(self) -> tuple[str, ...]:
        """Every waiver that was made use of."""
        return tuple(line for finding in self.findings for point in finding.points for line in point.waived)

    @property
    def cells(self) -> tuple[Cells, ...]:
        """What was compared, proved, and neither, of every claim that says it."""
        return tuple(one for finding in self.findings for one in finding.cells)

    @property
    def notes(self) -> tuple[str, ...]:
        """What an operator may mend in the policy, although nothing stands in the way for it."""
        return tuple(note for finding in self.findings for note in finding.notes)

    @property
    def unproved(self) -> tuple[Point, ...]:
        """Every point that could not be told, accepted or not."""
        return tuple(
            point
            for finding in self.findings
            for point in finding.points
            if point.outcome is Outcome.COULD_NOT_TELL
        )


def accepting(finding: Finding, policy: Policy) -> Finding:
    """The finding with the policy's acceptances applied to what could not be seen, and to nothing else."""
    reasons = {acceptance.part: acceptance.reason for acceptance in policy.accepts}
    return replace(finding, points=tuple(_accepting(finding.points, reasons)))


def _accepting(points: Iterable[Point], reasons: dict[str, str]) -> Iterable[Point]:
    """A core part is never accepted, even by a policy that was not validated; what was found never is.

    A point that its check has accepted already is one thing that the policy names.
    """
    for point in points:
        untold = point.outcome is Outcome.COULD_NOT_TELL and not point.found
        acceptable = point.part.acceptable and untold
        reason = reasons.get(point.part.path, "") if acceptable else ""
        yield replace(point, accepted=point.accepted or reason)
