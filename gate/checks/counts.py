"""Both belts have the same number of rows of every entity, or the candidate has more where that is meant."""

from collections.abc import Iterator

from gate.checks.check import Check
from gate.checks.telling import unseen
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
PARTS = (ROWS,)


def judge(seen: Observations, policy: Policy) -> Finding:
    """At one height, the candidate has as many rows of every entity as the serving belt."""
    return Finding(claim=Claim.COUNTS, points=tuple(_points(seen, policy)), summary=_summary(seen))


CHECK = Check(claim=Claim.COUNTS, parts=PARTS, judge=judge)


def _points(seen: Observations, policy: Policy) -> Iterator[Point]:
    counts = seen.counts
    if seen.first:
        yield passed(ROWS, expected=ROWS.sentence, observed="no belt serves yet")
    elif isinstance(counts, Unobserved):
        yield unseen(ROWS, counts, expected=ROWS.sentence)
    else:
        yield from (_young(chain) for chain in counts.young)
        for entity in counts.entities:
            yield _entity(entity, seen, policy)
        if not any(_compared(entity) for entity in counts.entities):
            yield untold(
                ROWS,
                expected="rows on the serving belt to compare with",
                observed="not one row was compared",
                advice="Check that `serving` is the belt that consumers use, and that it has synced.",
            )


def _compared(entity: EntityCounts | EntityUnread | EntityAbsent) -> int:
    return sum(group.serving for group in entity.groups) if isinstance(entity, EntityCounts) else 0


def _young(chain: str) -> Point:
    return untold(
        ROWS,
        expected="a common height at which every chain can be compared",
        observed=chain,
        advice="Wait until the chain is further, or lower its `reorgDepth` in the policy.",
    )


def _entity(entity: EntityCounts | EntityUnread | EntityAbsent, seen: Observations, policy: Policy) -> Point:
    if isinstance(entity, EntityUnread):
        return unseen(ROWS, entity.why, expected=f"as many rows of {entity.entity}")
    if isinstance(entity, EntityAbsent):
        return absent(ROWS, entity, seen, policy)
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


def absent(part: Part, entity: EntityAbsent, seen: Observations, policy: Policy) -> Point:
    """An entity that the candidate has not: given up by a waiver, or lost."""
    waiver = next((one for one in policy.waivers.entities if one.entity == entity.entity), None)
    if waiver is not None and waiver.holds(seen.began):
        return passed(
            part,
            expected=part.sentence,
            observed=f"{entity.entity} is given up",
            waived=(f"entity {entity.entity} until {waiver.expires}: {waiver.reason}",),
        )
    lapsed = f"; the waiver for it ended on {waiver.expires}" if waiver else ""
    return failed(
        part,
        expected=part.sentence,
        observed=f"the candidate has no {entity.entity}{lapsed}",
        advice="Bring it back into the candidate, or waive it by name, with a reason and an expiry.",
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
    total = sum(_compared(entity) for entity in counts.entities)
    return f"{total} rows of {len(counts.entities)} entities, through the {counts.door.value}"
