"""The contents of every rendering of a verdict, as plain data without secrets."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypedDict, cast

from gate.checks.check import Check
from gate.coverage.cells import Cells
from gate.endpoints import Endpoints
from gate.finding import Finding, Point, Row
from gate.observations.rows import Value
from gate.outcome import Outcome
from gate.policy import snippet
from gate.policy.meaning import NOT_COMPARED, Since
from gate.quoted import pair
from gate.redact import Redactor
from gate.verdict import Verdict

VERSION = 1


class ValueDocument(TypedDict):
    """One column of a row that differs, quoted so that the difference shows."""

    column: str
    serving: str
    candidate: str


class RowDocument(TypedDict):
    """A row that supports a point."""

    entity: str
    kind: str
    key: str
    chain: str | None
    block: int | None
    covered: bool
    values: list[ValueDocument]


class PointDocument(TypedDict):
    """One decided thing."""

    part: str
    outcome: str
    expected: str
    observed: str
    advice: str
    paste: dict[str, Any]
    evidence: list[str]
    rows: list[RowDocument]
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
    """An undecided part: why, what is lost by it, and the reason if it was accepted."""

    part: str
    why: str
    without: str
    accepted: str


class CellsDocument(TypedDict):
    """Equal cells of the coverage table: one entity, each of its chains, each of its columns."""

    entity: str
    chains: list[str]
    columns: list[str]
    covered: str
    why: str
    accepted: str
    told: list[str]


class PolicyDocument(TypedDict):
    """The policy; `since` compares it with that of the last promotion, if a ledger knows one."""

    version: int
    digest: str
    mode: str
    loosened: list[str]
    waived: list[str]
    since: str
    changes: list[str]
    differences: list[str]


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
    notes: list[str]
    claims: list[ClaimDocument]
    unproved: list[Unproved]
    coverage: list[CellsDocument]


def document(
    verdict: Verdict,
    endpoints: Endpoints,
    checks: Sequence[Check],
    redactor: Redactor,
    *,
    since: Since = NOT_COMPARED,
    notes: Iterable[str] = (),
) -> Document:
    """The report of a verdict; a promotion adds `since` and `notes`."""
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
            since=since.told,
            changes=list(since.changes),
            differences=list(since.values),
        ),
        notes=[*notes, *verdict.notes],
        claims=[_claim(finding, statements.get(finding.claim, "")) for finding in verdict.findings],
        unproved=list(_unproved(verdict)),
        coverage=[_cells(one) for one in verdict.cells],
    )
    return cast("Document", redactor.everywhere(report))


def _claim(finding: Finding, statement: str) -> ClaimDocument:
    """One claim: its statement, and its summary if it holds, else the first point that decided it."""
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
    """What decided a claim, and how many more points are like it."""
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
        paste=_paste(point),
        evidence=list(point.evidence),
        rows=[_row(row) for row in point.rows],
        waived=list(point.waived),
        accepted=point.accepted,
    )


def _paste(point: Point) -> dict[str, Any]:
    """What goes into the policy: the check's proposal, else the acceptance of an undecided part."""
    undecided = point.outcome is Outcome.COULD_NOT_TELL and not (point.found or point.accepted)
    acceptable = undecided and point.part.acceptable
    return dict(point.paste or (snippet.acceptance(point.part.path) if acceptable else {}))


def _row(row: Row) -> RowDocument:
    """A row with its differences."""
    found = row.difference
    return RowDocument(
        entity=row.entity,
        kind=found.kind,
        key=found.key,
        chain=found.chain,
        block=found.block,
        covered=row.covered,
        values=[_value(value) for value in found.values],
    )


def _value(value: Value) -> ValueDocument:
    serving, candidate = pair(value.serving, value.candidate)
    return ValueDocument(column=value.column, serving=serving, candidate=candidate)


def _cells(one: Cells) -> CellsDocument:
    return CellsDocument(
        entity=one.entity,
        chains=list(one.chains),
        columns=list(one.columns),
        covered=one.covered.value,
        why=one.why,
        accepted=one.accepted,
        told=list(one.told),
    )


def _unproved(verdict: Verdict) -> Iterator[Unproved]:
    """Everything that is undecided."""
    for point in verdict.unproved:
        yield Unproved(
            part=point.part.path,
            why=point.observed,
            without=point.part.without,
            accepted=point.accepted,
        )
