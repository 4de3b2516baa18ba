"""Refuses a further belt that is one too many, or that makes a month too dear; nothing that is there already.

A belt is a further one until its last part was asked for: what brings it back later, and whoever is led to
it, is never kept from that by what it costs.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from belts.runtimes import bill, cost
from belts.runtimes.cost import Alive, Census, Limits, cents
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.guards import siblings
from belts.runtimes.process.guards.retirement import PARTS
from belts.runtimes.process.wire.request import Request
from belts.spec.edge import Edge
from belts.spec.indexer import Indexer


def further(asked: Sequence[Request], recorded: Iterable[Request]) -> Alive | None:
    """The belt that would come up, as all that is asked of it declares; None where it is there already."""
    layout = asked[0].layout
    own = [each for each in recorded if each.layout == layout]
    wanted = {each.part for each in asked}
    is_belt = any(each.part in PARTS for each in asked)
    if not is_belt or any(isinstance(each.body, Indexer | Edge) for each in own):
        return None
    return siblings.of(layout, [*(each for each in own if each.part not in wanted), *asked])


def told(asked: Sequence[Request], now: datetime) -> Iterator[str]:
    """What a belt costs as its stack declares it, there or not, and with it all belts of its root."""
    layout = asked[0].layout
    own, others = siblings.of(layout, asked), siblings.census(layout.root, without=layout.belt)
    there = own if siblings.is_there(layout) else replace(own, born=now)
    yield bill.of(own)
    yield from bill.together(replace(others, alive=(*others.alive, there)), now)


def refuse(wanted: Alive, census: Census, *, now: datetime) -> None:
    """Refuses one belt more than the cap, or than the ceiling pays for; the first of all is none more."""
    others = tuple(each for each in census.alive if each.name != wanted.name)
    unread = tuple(name for name in census.unread if name != wanted.name)
    if not others and not unread:
        return
    limits = Limits.of((*others, wanted))
    there = bill.each(census, now, without=wanted.name)
    if len(others) + len(unread) + 1 > limits.siblings:
        raise Refused(
            f"{wanted.name}: one belt more than may be alive",
            expected=f"at most {limits.siblings} below one root, as `budget.siblings` says",
            seen=f"{len(others) + len(unread)} without it: {there}",
            now=bill.retire(others, "siblings"),
        )
    month = cost.projected((*others, replace(wanted, born=now)), now, window=limits.window)
    if month > limits.ceiling:
        raise Refused(
            f"{wanted.name}: with it a month is too dear",
            expected=f"at most {cents(limits.ceiling)} for all belts of a root, as `budget.ceiling` says",
            seen=f"{cents(month)} projected: {there}; {wanted.name}"
            f" {cents(cost.hourly(wanted) * limits.window)} in {limits.window:f} hours",
            now=bill.retire(others, "ceiling"),
        )
