"""Both belts have as many rows of every entity, or the candidate has more where the policy allows it."""

from collections.abc import Iterator
from functools import partial

from gate.amounts import amount
from gate.checks.check import Check
from gate.checks.entities import absent, one_by_one
from gate.checks.nearness import near
from gate.checks.wording import NOBODY_SERVES, unseen
from gate.claims import Access, Claim, Part
from gate.finding import Finding, Point, failed, passed, untold
from gate.observations import Observations, Unobserved
from gate.observations.counts import Counts, EntityCounts
from gate.observations.rows import EntityAbsent, EntityUnread, Group
from gate.policy import Policy
from gate.policy.model import Mode

ROWS = Part(
    claim=Claim.COUNTS,
    name="rows",
    sentence="at one height, the candidate has as many rows of every entity as the serving belt",
    needs=frozenset({Access.GRAPHQL}),
    reads=("counts",),
    without="rows that change are counted only while their number stands still",
)
COMPARED = Part(
    claim=Claim.COUNTS,
    name="compared",
    sentence="on every chain rows are compared up to a block near the progress of both belts",
    needs=frozenset({Access.GRAPHQL, Access.RPC}),
    reads=("counts",),
)
PARTS = (COMPARED, ROWS)

Entity = EntityCounts | EntityUnread | EntityAbsent


def judge(seen: Observations, policy: Policy) -> Finding:
    """At one height, the candidate has as many rows of every entity as the serving belt."""
    points = one_by_one(ROWS, seen, seen.counts, partial(_entity, seen=seen, policy=policy), held=_held)
    compared = _heights(seen, policy)
    return Finding(claim=Claim.COUNTS, points=(*compared, *points), summary=_summary(seen))


CHECK = Check(claim=Claim.COUNTS, parts=PARTS, judge=judge)


def _heights(seen: Observations, policy: Policy) -> Iterator[Point]:
    """Judges how near to the belts' progress the compared rows end."""
    counts = seen.counts
    if seen.first:
        yield passed(COMPARED, expected=COMPARED.sentence, observed=NOBODY_SERVES)
    elif isinstance(counts, Unobserved):
        yield unseen(COMPARED, counts, expected=COMPARED.sentence)
    else:
        yield from near(COMPARED, counts, policy)


def _held(entity: Entity) -> int:
    return sum(group.serving for group in entity.groups) if isinstance(entity, EntityCounts) else 0


def _entity(entity: Entity, seen: Observations, policy: Policy) -> Iterator[Point]:
    if isinstance(entity, EntityUnread):
        yield unseen(ROWS, entity.why, expected=f"as many rows of {entity.entity}")
    elif isinstance(entity, EntityAbsent):
        yield absent(ROWS, entity, seen, policy)
    else:
        yield _counted(entity, policy)


def _counted(entity: EntityCounts, policy: Policy) -> Point:
    expected = _expected(entity, policy)
    short = [_words(group) for group in entity.groups if not _enough(group, entity, policy)]
    if entity.placeless is not None and not _enough(entity.placeless, entity, policy):
        short.append(f"{_words(entity.placeless)}, of none of the belts' chains, or without a block or time")
    if short:
        return failed(
            ROWS,
            expected=expected,
            observed="; ".join(short),
            advice=f"Look at the rows of {entity.entity} that `content` names, and at their handler.",
            evidence=(f"{entity.entity} is counted {entity.basis} ({entity.reason})",),
        )
    if none := _none_counted(entity, policy):
        return untold(
            ROWS,
            expected=f"{expected}, and rows to count wherever there are some",
            observed="; ".join(none),
            advice="Its rows are young, or a column is no block and no time of theirs: let both belts go on,"
            f" or say `compare: byState` under `entities.{entity.entity}`.",
            paste={"entities": {entity.entity: {"compare": "byState"}}},
            evidence=(f"{entity.entity} is counted {entity.basis} ({entity.reason})",),
        )
    placeless = entity.placeless.candidate if entity.placeless is not None else 0
    total, lost = (
        sum(group.candidate for group in entity.groups) + placeless,
        sum(group.lost for group in entity.groups),
    )
    if not total:
        return passed(ROWS, expected=expected, observed=f"{entity.entity}: no row on either belt")
    more = f", {lost} of which the serving belt lost by the chain's word" if lost else ""
    return passed(
        ROWS,
        expected=expected,
        observed=f"{entity.entity}: {amount(total, 'row')}{more}",
        evidence=(f"{entity.entity} is counted {entity.basis} ({entity.reason})",),
    )


def _none_counted(entity: EntityCounts, policy: Policy) -> list[str]:
    """Describes the chains with rows of which none was counted, except rows that only new contracts write."""
    counted = {group.chain: group for group in entity.groups}
    found = []
    for group in entity.uncut:
        here = counted.get(group.chain)
        grown = policy.mode is Mode.EXPANSION and not group.serving
        if here is not None and (here.serving or here.candidate):
            continue
        if (group.serving or group.candidate) and not grown:
            where = f" on chain {group.chain}" if group.chain else ""
            found.append(
                f"{entity.entity}: not one row was counted{where}, where the serving belt holds"
                f" {group.serving} and the candidate {group.candidate}"
            )
    return found


def _expected(entity: EntityCounts, policy: Policy) -> str:
    if policy.mode is Mode.PARITY:
        return f"as many rows of {entity.entity}"
    floor = policy.entity(entity.entity).floor
    less = f", or up to {floor} fewer" if floor else ""
    return f"at least as many rows of {entity.entity}{less}"


def _enough(group: Group, entity: EntityCounts, policy: Policy) -> bool:
    """True if the candidate has enough rows; the floor applies to expansions only."""
    if policy.mode is Mode.PARITY:
        return group.serving + group.lost == group.candidate
    return group.candidate >= group.serving - policy.entity(entity.entity).floor


def _words(group: Group) -> str:
    where = f" on chain {group.chain}" if group.chain else ""
    return f"{amount(group.serving, 'row')} on the serving belt, {group.candidate:,} on the candidate{where}"


def _summary(seen: Observations) -> str:
    counts = seen.counts
    if not isinstance(counts, Counts):
        return NOBODY_SERVES if seen.first else ""
    total = sum(_held(entity) for entity in counts.entities)
    return (
        f"{amount(total, 'row')} of {amount(len(counts.entities), 'entity')}, through the {counts.door.value}"
    )
