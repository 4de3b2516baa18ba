"""The verdict: every claim's finding, what was accepted undecided, and the overall outcome."""

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

    `only` names the claims of a partial run, which never passes as a whole.
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
        """Passed only if every required claim was judged and none blocks."""
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
        """True if only some claims were requested."""
        return bool(self.only)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the process."""
        return {
            Outcome.PASSED: ExitCode.PASSED,
            Outcome.FAILED: ExitCode.REFUSED,
            Outcome.COULD_NOT_TELL: ExitCode.COULD_NOT_TELL,
        }[self.outcome]

    @property
    def waived(self) -> tuple[str, ...]:
        """Every waiver that was used."""
        return tuple(line for finding in self.findings for point in finding.points for line in point.waived)

    @property
    def cells(self) -> tuple[Cells, ...]:
        """The coverage cells of every claim that reports them."""
        return tuple(one for finding in self.findings for one in finding.cells)

    @property
    def notes(self) -> tuple[str, ...]:
        """What an operator may improve in the policy, although it does not block."""
        return tuple(note for finding in self.findings for note in finding.notes)

    @property
    def unproved(self) -> tuple[Point, ...]:
        """Every undecided point, accepted or not."""
        return tuple(
            point
            for finding in self.findings
            for point in finding.points
            if point.outcome is Outcome.COULD_NOT_TELL
        )


def accepting(finding: Finding, policy: Policy) -> Finding:
    """The finding, with what could not be seen accepted as the policy says, and nothing else."""
    reasons = {acceptance.part: acceptance.reason for acceptance in policy.accepts}
    return replace(finding, points=tuple(_accepting(finding.points, reasons)))


def _accepting(points: Iterable[Point], reasons: dict[str, str]) -> Iterable[Point]:
    """Never accepts a core part, even for a policy that was not validated, nor what was found.

    A point that its check has already accepted stays accepted.
    """
    for point in points:
        untold = point.outcome is Outcome.COULD_NOT_TELL and not point.found
        acceptable = point.part.acceptable and untold
        reason = reasons.get(point.part.path, "") if acceptable else ""
        yield replace(point, accepted=point.accepted or reason)
