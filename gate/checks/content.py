"""The rows of both belts are the same, one by one, or what differs is meant and named."""

from collections.abc import Iterator
from functools import partial

from gate.checks.check import Check
from gate.checks.entities import absent, one_by_one
from gate.checks.telling import unseen
from gate.claims import Access, Claim, Part
from gate.finding import Finding, Point, failed, passed, untold
from gate.observations import Observations
from gate.observations.rows import EntityAbsent, EntityRows, EntityUnread, RowDifference, Rows, Value
from gate.policy import Policy
from gate.policy.model import Mode

ROWS = Part(
    claim=Claim.CONTENT,
    name="rows",
    sentence="at one height, every row of the serving belt is in the candidate, alike in every column",
    needs=frozenset({Access.DATABASE}),
    reads=("content",),
    acceptable=True,
    without="nothing is known of what the rows hold, only how many there are",
)
PARTS = (ROWS,)

Entity = EntityRows | EntityUnread | EntityAbsent

LISTED = 20  # rows in the report; the totals say how many there are
LONGEST = 60  # characters of a value


def judge(seen: Observations, policy: Policy) -> Finding:
    """At one height, every row of the serving belt is in the candidate, alike in every column."""
    points = one_by_one(ROWS, seen, seen.content, partial(_entity, seen=seen, policy=policy), held=_held)
    return Finding(claim=Claim.CONTENT, points=tuple(points), summary=_summary(seen))


CHECK = Check(claim=Claim.CONTENT, parts=PARTS, judge=judge)


def _held(entity: Entity) -> int:
    return entity.serving if isinstance(entity, EntityRows) else 0


def _entity(entity: Entity, seen: Observations, policy: Policy) -> Iterator[Point]:
    if isinstance(entity, EntityUnread):
        yield unseen(ROWS, entity.why, expected=f"the same rows of {entity.entity}")
    elif isinstance(entity, EntityAbsent):
        yield absent(ROWS, entity, seen, policy)
    else:
        if entity.absent_columns:
            yield _absent_columns(entity)
        yield _compared(entity, seen, policy)


def _absent_columns(entity: EntityRows) -> Point:
    columns = ", ".join(entity.absent_columns)
    return failed(
        ROWS,
        expected=f"every column of {entity.entity} that the serving belt has",
        observed=f"the candidate has no column {columns}",
        advice="Bring the column back into the candidate's schema, and seed it afresh.",
    )


def _compared(entity: EntityRows, seen: Observations, policy: Policy) -> Point:
    expected = f"the same rows of {entity.entity}"
    if policy.mode is Mode.EXPANSION:
        expected = f"every row of {entity.entity}, and more only from contracts that are new"
    if entity.totals.unequal and not entity.doubt:
        return failed(
            ROWS,
            expected=expected,
            observed=_observed(entity),
            advice=_advice(entity, seen, policy),
            evidence=_evidence(entity),
        )
    if entity.totals.unequal:
        return untold(
            ROWS,
            expected=expected,
            observed=f"{_observed(entity)}; {entity.doubt}",
            advice="Let each chain write rows of its own, or name the columns under `mayDiffer`.",
            evidence=_evidence(entity),
        )
    return passed(
        ROWS,
        expected=expected,
        observed=_observed(entity),
        evidence=_evidence(entity),
        waived=_waived(entity, seen, policy),
    )


def _observed(entity: EntityRows) -> str:
    totals = entity.totals
    words = [
        f"{number} {word}"
        for number, word in (
            (totals.missing, "missing"),
            (totals.extra, "extra"),
            (totals.different, "different"),
            (totals.traced, "from new contracts"),
            (totals.covered, "different where the policy lets them"),
        )
        if number
    ]
    at_least = "" if totals.complete else "at least "
    first = ", ".join(
        f"block {block} of chain {chain}" if chain else f"block {block}" for chain, block in entity.first
    )
    since = f", first at {first}" if first else ""
    found = f": {at_least}{', '.join(words)}" if words else ""
    return f"{entity.entity}: {entity.serving} rows compared{found}{since}"


def _advice(entity: EntityRows, seen: Observations, policy: Policy) -> str:
    lapsed = [
        waiver
        for waiver in policy.waivers.data
        if waiver.entity == entity.entity and not waiver.holds(seen.began)
    ]
    if lapsed:
        return f"The waiver for {entity.entity} ended on {lapsed[0].expires}: renew it if it is still meant."
    if entity.totals.missing:
        return (
            "Find out why the candidate lost rows, and seed it afresh; the chain says below which is right."
        )
    if entity.totals.extra and policy.mode is Mode.EXPANSION:
        return (
            "Name the new contract under `groundTruth` if it accounts for the rows; else look at its handler."
        )
    return (
        "Find out which handler wrote this, or waive the columns with a reason and an expiry if it is meant."
    )


def _evidence(entity: EntityRows) -> tuple[str, ...]:
    lines = [f"{entity.entity} is compared {entity.basis} ({entity.reason})"]
    if entity.left_out:
        lines.append(f"{entity.entity}: only the candidate has {', '.join(entity.left_out)}, left out")
    if entity.traced_to:
        lines.append(f"{entity.entity}: {entity.totals.traced} rows are from {', '.join(entity.traced_to)}")
    lines += [f"{entity.entity} {_row(row)}" for row in entity.differences[:LISTED]]
    lines += [f"{entity.entity} covered: {_row(row)}" for row in entity.covered[:LISTED]]
    lines += [f"{entity.entity}: {words}" for words in entity.testimony]
    return tuple(lines)


def _row(row: RowDifference) -> str:
    place = [f"chain {row.chain}"] if row.chain else []
    place += [f"block {row.block}"] if row.block is not None else []
    values = ", ".join(_value(value) for value in row.values)
    where = f" ({', '.join(place)})" if place else ""
    return f"{row.kind} {_short(row.key)}{where}{f': {values}' if values else ''}"


def _value(value: Value) -> str:
    ours, theirs = _short(value.serving), _short(value.candidate)
    return f"{value.column} is {ours} on the serving belt and {theirs} on the candidate"


def _short(text: str | None) -> str:
    if text is None:
        return "NULL"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _waived(entity: EntityRows, seen: Observations, policy: Policy) -> tuple[str, ...]:
    """What let rows differ, where any did."""
    if not entity.totals.covered:
        return ()
    named = [
        f"{entity.entity}.{'/'.join(waiver.columns)} until {waiver.expires}: {waiver.reason}"
        for waiver in policy.waivers.data
        if waiver.entity == entity.entity and waiver.holds(seen.began)
    ]
    if policy.mode is Mode.EXPANSION:
        named += [
            f"{entity.entity}.{'/'.join(one.columns)}: {one.reason}"
            for one in policy.entity(entity.entity).may_differ
        ]
    return tuple(named)


def _summary(seen: Observations) -> str:
    rows = seen.content
    if not isinstance(rows, Rows):
        return ""
    total = sum(entity.serving for entity in rows.entities if isinstance(entity, EntityRows))
    heights = ", ".join(f"{height.block} on {height.chain}" for height in rows.heights)
    return f"{total} rows at block {heights}"
