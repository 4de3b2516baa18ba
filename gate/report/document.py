"""What every rendering of a verdict holds, as plain data and without secrets."""

from collections.abc import Iterator, Sequence
from typing import TypedDict, cast

from gate.checks.check import Check
from gate.endpoints import Endpoints
from gate.finding import Finding, Point
from gate.outcome import Outcome
from gate.redact import Redactor
from gate.verdict import Verdict

VERSION = 1


class PointDocument(TypedDict):
    """One decided thing."""

    part: str
    outcome: str
    expected: str
    observed: str
    advice: str
    evidence: list[str]
    waived: list[str]
    accepted: str


class ClaimDocument(TypedDict):
    """One claim, with what decided it."""

    claim: str
    statement: str
    outcome: str
    accepted: bool
    expected: str
    observed: str
    advice: str
    points: list[PointDocument]


class Unproved(TypedDict):
    """A part that could not be told: why, what is lost by it, and the reason for which it was accepted."""

    part: str
    why: str
    without: str
    accepted: str


class PolicyDocument(TypedDict):
    """The measure."""

    version: int
    digest: str
    mode: str
    loosened: list[str]
    waived: list[str]


class Document(TypedDict):
    """A whole report; `docs/report.schema.json` describes it."""

    version: int
    outcome: str
    exitCode: int
    partial: list[str]
    began: str
    seconds: float
    seed: int
    serving: str | None
    candidate: str
    alias: str | None
    policy: PolicyDocument
    claims: list[ClaimDocument]
    unproved: list[Unproved]


def document(verdict: Verdict, endpoints: Endpoints, checks: Sequence[Check], redactor: Redactor) -> Document:
    """The report of a verdict."""
    statements = {check.claim: check.statement for check in checks}
    report = Document(
        version=VERSION,
        outcome=verdict.outcome.words,
        exitCode=int(verdict.exit_code),
        partial=sorted(verdict.only),
        began=verdict.began.isoformat(timespec="seconds"),
        seconds=round(verdict.seconds, 2),
        seed=verdict.seed,
        serving=str(endpoints.serving.graphql) if endpoints.serving else None,
        candidate=str(endpoints.candidate.graphql),
        alias=str(endpoints.alias) if endpoints.alias else None,
        policy=PolicyDocument(
            version=verdict.policy.version,
            digest=verdict.policy.digest,
            mode=verdict.policy.mode,
            loosened=list(verdict.policy.loosened),
            waived=list(dict.fromkeys(verdict.waived)),
        ),
        claims=[_claim(finding, statements.get(finding.claim, "")) for finding in verdict.findings],
        unproved=list(_unproved(verdict)),
    )
    return cast("Document", redactor.everywhere(report))


def _claim(finding: Finding, statement: str) -> ClaimDocument:
    """One claim: its statement and its summary where it holds, else the first point that decided it."""
    holds = finding.outcome is Outcome.PASSED
    worst = finding.worst
    return ClaimDocument(
        claim=finding.claim,
        statement=statement,
        outcome=finding.outcome.words,
        accepted=finding.accepted,
        expected=statement if holds or worst is None else worst.expected,
        observed=finding.summary if holds else _observed(finding),
        advice="" if holds or worst is None or finding.accepted else worst.advice,
        points=[_point(point) for point in finding.points],
    )


def _observed(finding: Finding) -> str:
    """What decided a claim, and how much more there is of the same."""
    if finding.worst is None:
        return "nothing was looked at"
    alike = sum(point.weight is finding.worst.weight for point in finding.points)
    more = f" (and {alike - 1} more)" if alike > 1 else ""
    return f"{finding.worst.observed}{more}"


def _point(point: Point) -> PointDocument:
    """One decided thing."""
    return PointDocument(
        part=point.part.path,
        outcome=point.outcome.words,
        expected=point.expected,
        observed=point.observed,
        advice=point.advice,
        evidence=list(point.evidence),
        waived=list(point.waived),
        accepted=point.accepted,
    )


def _unproved(verdict: Verdict) -> Iterator[Unproved]:
    """Everything that could not be told."""
    for point in verdict.unproved:
        yield Unproved(
            part=point.part.path,
            why=point.observed,
            without=point.part.without,
            accepted=point.accepted,
        )
