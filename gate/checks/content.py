"""Both belts hold the same rows, and consumers receive them as they are held."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from belts.envio.release import LATEST
from gate.amounts import amount
from gate.checks import changed, covered, followed, footprint, served
from gate.checks.check import Check
from gate.checks.entities import absent, one_by_one
from gate.checks.wording import NOBODY_SERVES, unseen
from gate.claims import Access, Claim, Part
from gate.coverage.table import table
from gate.finding import Finding, Point, Row, failed, passed, untold
from gate.observations import Observations, Unobserved
from gate.observations.rows import EntityAbsent, EntityRows, EntityUnread, Kind, Rows
from gate.observations.state import Held
from gate.policy import Policy, snippet
from gate.policy.model import Mode

ROWS = Part(
    claim=Claim.CONTENT,
    name="rows",
    sentence="at one height, every row of the serving belt is in the candidate, alike in every column",
    needs=frozenset({Access.DATABASE}),
    reads=("content", "candidate_changed", "serving_changed"),
    acceptable=True,
    without="nothing is known of what the rows hold, only how many there are",
)
PARTS = (ROWS, covered.COVERAGE, footprint.FOOTPRINT, served.SERVED, followed.SUBSCRIPTIONS)

Entity = EntityRows | EntityUnread | EntityAbsent

LOST = "the serving belt is wrong: it lacks log"
AGAIN = (
    "Run the gate again when both belts have come so far: rows that were seen to differ are never accepted."
)
LISTED = 20  # rows in the report; the totals are in the text


def judge(seen: Observations, policy: Policy) -> Finding:
    """At one height, every row of the serving belt is in the candidate, alike in every column."""
    return made_of(rows(seen, policy), seen, policy, summary=_summary(seen))


CHECK = Check(claim=Claim.CONTENT, parts=PARTS, judge=judge)


def rows(seen: Observations, policy: Policy) -> Iterator[Point]:
    """The points about the rows of both belts."""
    return one_by_one(ROWS, seen, seen.content, partial(_entity, seen=seen, policy=policy), held=_held)


def made_of(
    told: Iterable[Point],
    seen: Observations,
    policy: Policy,
    *,
    summary: str,
    remembered: Held | Unobserved | None = None,
) -> Finding:
    """Builds the finding of this claim from the given points about rows, however they were compared."""
    known = table(seen, policy, remembered)
    points = (
        *told,
        *changed.points(ROWS, seen, alone=remembered is not None),
        *covered.points(known, policy),
        *footprint.points(seen, policy),
        *served.points(seen, policy),
        *followed.points(seen, policy),
    )
    return Finding(
        claim=Claim.CONTENT,
        points=points,
        summary=summary,
        cells=known.cells,
        notes=(*covered.notes(known, policy), *footprint.notes(seen, policy), *changed.notes(seen)),
    )


def _held(entity: Entity) -> int:
    return entity.serving if isinstance(entity, EntityRows) else 0


def _entity(entity: Entity, seen: Observations, policy: Policy) -> Iterator[Point]:
    if isinstance(entity, EntityUnread):
        point = unseen(ROWS, entity.why, expected=f"the same rows of {entity.entity}")
        yield replace(point, advice=AGAIN, found=True) if entity.found else point
    elif isinstance(entity, EntityAbsent):
        yield absent(ROWS, entity, seen, policy)
    else:
        if entity.absent_columns:
            yield _absent_columns(entity)
        yield from _compared(entity, seen, policy)


def _absent_columns(entity: EntityRows) -> Point:
    columns = ", ".join(entity.absent_columns)
    return failed(
        ROWS,
        expected=f"every column of {entity.entity} that the serving belt has",
        observed=f"the candidate has no column {columns}",
        advice="Bring the column back into the candidate's schema, and seed it afresh.",
    )


def _compared(entity: EntityRows, seen: Observations, policy: Policy) -> Iterator[Point]:
    """Judges one compared entity. If it has no compared row, `content.coverage` reports why."""
    expected = f"the same rows of {entity.entity}"
    if policy.mode is Mode.EXPANSION:
        expected = f"every row of {entity.entity}, and more only from contracts that are new"
    if entity.totals.unequal:
        yield failed(
            ROWS,
            expected=expected,
            observed=_observed(entity),
            advice=_advice(entity, seen, policy),
            paste=_way_out(entity, seen),
            evidence=_evidence(entity),
            rows=_rows(entity),
        )
    elif entity.totals.undecided:
        yield _undecided(entity, expected)
    elif entity.serving or entity.totals.lost:
        yield passed(
            ROWS,
            expected=expected,
            observed=_observed(entity),
            evidence=_evidence(entity),
            rows=_rows(entity),
            waived=_waived(entity, seen, policy),
        )
    elif not any(group.serving or group.candidate for group in (*entity.uncut, *entity.groups)):
        yield passed(
            ROWS,
            expected=expected,
            observed=f"{entity.entity}: neither belt holds a row",
            evidence=_evidence(entity),
        )


def _undecided(entity: EntityRows, expected: str) -> Point:
    """The point for rows that differ where it cannot be decided whether they may."""
    columns = sorted({value.column for row in entity.undecided for value in row.values})
    advice = (
        f"Say under `entities.{entity.entity}.acrossChains` whether {', '.join(columns)} is a sum, min, max"
        " or once; or name what depends on the order of the chains under `order`, with a reason. Where that"
        " is said already, run the gate again."
    )
    torn = (
        f"Find out who removed rows of `{LATEST.storage.checkpoints}`. Where the candidate lacks them, seed"
        " it afresh; where the serving belt does, wait until its history begins after the gap."
    )
    return untold(
        ROWS,
        expected=expected,
        observed=f"{_observed(entity)}, in {', '.join(columns)}; {entity.doubt}",
        advice=torn if entity.torn else advice,
        evidence=_evidence(entity),
        paste=None if entity.torn else snippet.left_to_order(entity.entity, columns),
        rows=_rows(entity),
        found=True,
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
            (totals.lost, "lost by the serving belt, as the chain says"),
            (totals.covered, "different where the policy lets them"),
            (totals.undecided, "different where nobody can tell which is right"),
        )
        if number
    ]
    at_least = "" if totals.complete else "at least "
    first = ", ".join(
        f"block {block} of chain {chain}" if chain else f"block {block}" for chain, block in entity.first
    )
    since = f", first at {first}" if first else ""
    found = f": {at_least}{', '.join(words)}" if words else ""
    return f"{entity.entity}: {amount(entity.serving, 'row')} compared{found}{since}"


def _advice(entity: EntityRows, seen: Observations, policy: Policy) -> str:
    lapsed = [
        waiver
        for waiver in policy.waivers.data
        if waiver.entity == entity.entity and not waiver.holds(seen.began)
    ]
    if lapsed:
        return f"The waiver for {entity.entity} ended on {lapsed[0].expires}: renew it if it is still meant."
    if entity.totals.missing:
        told = "; the chain says below which is right" if entity.testimony else ""
        return f"Find out why the candidate lost rows, and seed it afresh{told}."
    if entity.totals.extra and any(LOST in words for words in entity.testimony):
        return (
            f"The chain says that the serving belt lost these rows: expect that under `waivers.lost`, for"
            f" {entity.entity} and the chain, and each row that is a log of the chain passes."
        )
    if entity.totals.extra and policy.mode is Mode.EXPANSION:
        return (
            f"Name the new contract under `groundTruth` with the entity {entity.entity} and the `rowId` of"
            " its rows, if it accounts for them; else look at its handler."
        )
    return (
        "Find out which handler wrote this, or waive the columns with a reason and an expiry if it is meant."
    )


def _way_out(entity: EntityRows, seen: Observations) -> Mapping[str, object] | None:
    """The waiver for what a corrected handler writes; a missing or extra row can only be waived as lost."""
    columns = sorted({value.column for row in entity.differences for value in row.values})
    chains = {row.chain for row in entity.differences if row.kind is Kind.EXTRA}
    only_extra = not entity.totals.missing and not entity.totals.different
    if only_extra and len(chains) == 1 and any(LOST in words for words in entity.testimony):
        [chain] = chains
        lost = {"entity": entity.entity, "chain": int(chain) if chain and chain.isdigit() else chain}
        return snippet.waiver("lost", lost, at=seen.began)
    if entity.totals.missing or entity.totals.extra or not columns:
        return None
    return snippet.waiver("data", {"entity": entity.entity, "columns": columns}, at=seen.began)


def _evidence(entity: EntityRows) -> tuple[str, ...]:
    lines = [f"{entity.entity} is compared {entity.basis} ({entity.reason})"]
    if entity.left_out:
        lines.append(f"{entity.entity}: only the candidate has {', '.join(entity.left_out)}, left out")
    if entity.traced_to:
        lines.append(
            f"{entity.entity}: {amount(entity.totals.traced, 'row', 'is', 'are')} from"
            f" {', '.join(entity.traced_to)}"
        )
    if entity.untraced:
        lines.append(f"{entity.entity}: no extra row is traced to a new contract: {entity.untraced}")
    lines += [f"{entity.entity}: {words}" for words in entity.testimony]
    return tuple(lines)


def _rows(entity: EntityRows) -> tuple[Row, ...]:
    """The first rows that differ, then the undecided ones, then those that the policy lets differ."""
    stand = (*entity.differences[:LISTED], *entity.undecided[:LISTED])
    unequal = [Row(entity=entity.entity, difference=row) for row in stand]
    covered = [Row(entity=entity.entity, difference=row, covered=True) for row in entity.covered[:LISTED]]
    return (*unequal, *covered)


def _waived(entity: EntityRows, seen: Observations, policy: Policy) -> tuple[str, ...]:
    """The waivers and policy entries that let rows differ."""
    lost = [
        f"rows of {entity.entity} that the serving belt lost on chain {waiver.chain} until {waiver.expires}:"
        f" {waiver.reason}"
        for waiver in policy.waivers.lost
        if waiver.entity == entity.entity and waiver.holds(seen.began) and entity.totals.lost
    ]
    if not entity.totals.covered:
        return tuple(lost)
    named = lost + [
        f"{entity.entity}.{'/'.join(waiver.columns)} until {waiver.expires}: {waiver.reason}"
        for waiver in policy.waivers.data
        if waiver.entity == entity.entity and waiver.holds(seen.began)
    ]
    says = policy.entity(entity.entity)
    if policy.mode is Mode.EXPANSION:
        named += [
            f"{entity.entity}.{'/'.join(one.columns)} {one.where}: {one.reason}" for one in says.may_differ
        ]
    if says.across is not None and says.across.order:
        columns = "/".join(says.across.order)
        named.append(f"{entity.entity}.{columns} with the order of the chains: {says.across.reason}")
    return tuple(named)


def _summary(seen: Observations) -> str:
    rows = seen.content
    if not isinstance(rows, Rows):
        return NOBODY_SERVES if seen.first else ""
    total = sum(entity.serving for entity in rows.entities if isinstance(entity, EntityRows))
    heights = ", ".join(f"{height.block} on {height.chain}" for height in rows.heights)
    return f"{amount(total, 'row')} at block {heights}"
