"""Stands in for the claims about rows while the serving belt answers but has stalled.

Rows that carry their block are compared with the belt itself, at the height where it stands. The candidate's
history no longer has the states of that height, so the recorded ones decide.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from gate.checks import content, counts, recovered
from gate.checks.check import Check
from gate.checks.recovered import Dead
from gate.claims import Claim, Part
from gate.finding import Finding, Point
from gate.observations import Counts, Observations, Rows, Unobserved
from gate.observations.rows import EntityUnread
from gate.observations.state import Held
from gate.policy import Policy

Entities = TypeVar("Entities", Counts, Rows)


def checks(stalled: Dead) -> tuple[Check, ...]:
    """The checks that replace those that need the states of the stalled belt."""

    def count(seen: Observations, policy: Policy) -> Finding:
        """The candidate has as many rows of every entity as the stalled belt, or as are remembered of it."""
        if isinstance(seen.counts, Unobserved):
            return counts.judge(seen, policy)
        live, unread = _split(seen.counts)
        asked = counts.judge(replace(seen, counts=live), policy)
        remembered = recovered.counted(_of(stalled, unread), seen, policy) if unread else ()
        return replace(asked, points=(*_told(asked, counts.ROWS, live), *remembered))

    def hold(seen: Observations, policy: Policy) -> Finding:
        """The candidate holds every row of the stalled belt, or as much of it as is remembered."""
        if isinstance(seen.content, Unobserved):
            return content.judge(seen, policy)
        live, unread = _split(seen.content)
        asked, known = content.judge(replace(seen, content=live), policy), _of(stalled, unread)
        rows = [point for point in _told(asked, content.ROWS, live) if point.part is content.ROWS]
        remembered = recovered.alike(known, seen, policy) if unread else ()
        return content.made_of((*rows, *remembered), seen, policy, summary=asked.summary, remembered=known)

    return (
        Check(claim=Claim.COUNTS, parts=counts.PARTS, judge=count),
        Check(claim=Claim.CONTENT, parts=content.PARTS, judge=hold),
        recovered.unpriced(stalled),
    )


def _split(seen: Entities) -> tuple[Entities, tuple[EntityUnread, ...]]:
    """Splits into what could be compared with the belt itself, and the entities that could not."""
    live = tuple(one for one in seen.entities if not isinstance(one, EntityUnread))
    return replace(seen, entities=live), tuple(one for one in seen.entities if isinstance(one, EntityUnread))


def _told(asked: Finding, rows: Part, live: Counts | Rows) -> Iterator[Point]:
    """The points of what was compared; drops complaints about no rows if all are judged from the record."""
    return (point for point in asked.points if live.entities or point.part is not rows)


def _of(stalled: Dead, unread: tuple[EntityUnread, ...]) -> Held | Unobserved:
    """What is recorded of some entities, or why an entity without a record could not be compared."""
    if isinstance(stalled.held, Unobserved):
        return stalled.held
    known = {one.entity: one for one in stalled.held.entities}
    return Held(entities=tuple(known.get(one.entity, one) for one in unread))
