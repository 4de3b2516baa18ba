"""Both belts have the same number of rows of every entity, or the candidate has more where that is meant."""

from collections.abc import Iterator
from functools import partial

from gate.checks.check import Check
from gate.checks.entities import absent, one_by_one
from gate.checks.telling import unseen
from gate.claims import Access, Claim, Part
from gate.finding import Finding, Point, failed, passed
from gate.observations import Observations
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
PARTS = (ROWS,)

Entity = EntityCounts | EntityUnread | EntityAbsent


def judge(seen: Observations, policy: Policy) -> Finding:
    """At one height, the candidate has as many rows of every entity as the serving belt."""
    points = one_by_one(ROWS, seen, seen.counts, partial(_entity, seen=seen, policy=policy), held=_held)
    return Finding(claim=Claim.COUNTS, points=tuple(points), summary=_summary(seen))


CHECK = Check(claim=Claim.COUNTS, parts=PARTS, judge=judge)


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
    short = [group for group in entity.groups if not _enough(group, entity, policy)]
    if short:
        return failed(
            ROWS,
            expected=expected,
            observed="; ".join(_words(group) for group in short),
            advice=f"Look at the rows of {entity.entity} that `content` names, and at their handler.",
            evidence=(f"{entity.entity} is counted {entity.basis} ({entity.reason})",),
        )
    total = sum(group.candidate for group in entity.groups)
    return passed(
        ROWS,
        expected=expected,
        observed=f"{entity.entity}: {total} rows",
        evidence=(f"{entity.entity} is counted {entity.basis} ({entity.reason})",),
    )


def _expected(entity: EntityCounts, policy: Policy) -> str:
    if policy.mode is Mode.PARITY:
        return f"as many rows of {entity.entity}"
    floor = policy.entity(entity.entity).floor
    less = f", or up to {floor} fewer" if floor else ""
    return f"at least as many rows of {entity.entity}{less}"


def _enough(group: Group, entity: EntityCounts, policy: Policy) -> bool:
    """The floor is a limit of an expansion; parity knows none."""
    if policy.mode is Mode.PARITY:
        return group.serving == group.candidate
    return group.candidate >= group.serving - policy.entity(entity.entity).floor


def _words(group: Group) -> str:
    where = f" on chain {group.chain}" if group.chain else ""
    return f"{group.serving} rows on the serving belt, {group.candidate} on the candidate{where}"


def _summary(seen: Observations) -> str:
    counts = seen.counts
    if not isinstance(counts, Counts):
        return ""
    total = sum(_held(entity) for entity in counts.entities)
    return f"{total} rows of {len(counts.entities)} entities, through the {counts.door.value}"
