"""Whether a certified candidate has come to contradict itself.

It is the claim *sound* once more, by what the policy declares and what holds of every belt, in one snapshot.
Where every event is there as it was written, and of an entity every row that was certified was seen to be
there, these agree as they did then: what is left is what was written since. What the policy accepts undecided
was accepted by the verdict too.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import replace

from belts.envio.release import RAW_EVENTS
from gate.alias.confirm.seen import Seen, failed, passed, unread, untold, worst
from gate.alias.confirm.unchanged import Known
from gate.checks.sound import CHECK
from gate.finding import Point
from gate.judging import judged
from gate.observations import Cause, Observations, Sound, Unobserved
from gate.outcome import Outcome
from gate.probes.database.marks import Mark, untouched
from gate.probes.database.sound.since import Since
from gate.probes.sound import alone, of_what_is_new
from gate.probes.world import World
from gate.verdict import accepting

MOST = 0.9
"""How much of the time that there is this may take."""
UNTOUCHED = passed("its events untouched since the verdict")


async def look(
    world: World,
    then: Mapping[str, Mark],
    now: Mapping[str, Mark],
    *,
    within: float,
    rows: Known,
    reached: Mapping[int, int],
) -> Seen:
    """What contradicts itself; where there is no time to look, whether its events were touched since.

    `rows` are held against the certificate in any case; what only this looks at are the events behind them,
    and what was written since. `reached` is how far each chain had come at the certificate.
    """
    events = [name for name in RAW_EVENTS if name in then]
    kept = bool(events) and all(then[name].holds(now.get(name)) for name in events)
    stand = rows.every and kept
    look = of_what_is_new(world, _since(then, now, rows, reached)) if kept else alone(world)
    seen = await _within(within, look)
    if isinstance(seen, Unobserved) and seen.cause is Cause.DEADLINE:
        if stand or all(untouched(then.get(name), now.get(name)) for name in RAW_EVENTS):
            return UNTOUCHED
        late = replace(seen, reason=f"{seen.reason}, and its events were touched since")
        return unread("whether it contradicts itself", late)
    told = _told(world, seen)
    return worst((UNTOUCHED, *told) if kept else told)


def _since(
    then: Mapping[str, Mark], now: Mapping[str, Mark], rows: Known, reached: Mapping[int, int]
) -> dict[str, Since]:
    """Of which entities only what was written since is to be looked at.

    Of those in whose table each row is there as it was written, and of those in the same table as then of
    which each row is there up to some heights.
    """
    [transaction] = {mark.older.since for name, mark in then.items() if name in RAW_EVENTS and mark.older}
    since = Since(transaction=transaction, reached=reached)
    whole = {name: since for name, mark in then.items() if mark.holds(now.get(name))}
    return whole | {
        entity: replace(since, heights=heights)
        for entity, heights in rows.heights.items()
        if entity not in whole and entity in then and then[entity].same_table(now.get(entity))
    }


def _told(world: World, sound: Sound | Unobserved) -> list[Seen]:
    """What the parts of the claim come to."""
    seen = Observations(began=world.began, endpoints=world.endpoints, sound=sound)
    finding = accepting(judged(CHECK, seen, world.policy), world.policy)
    return [_point(point) for point in finding.points]


async def _within(within: float, look: Awaitable[Sound | Unobserved]) -> Sound | Unobserved:
    try:
        # Before the database's own limit, which would leave a part of the look and no word of the time.
        async with asyncio.timeout(within * MOST):
            return await look
    except TimeoutError:
        return Unobserved(reason=f"that takes longer than {within:.0f} s", cause=Cause.DEADLINE)


def _point(point: Point) -> Seen:
    if point.weight is Outcome.PASSED:
        return passed()
    words = f"{point.part.path}: {point.observed}"
    return failed(words) if point.weight is Outcome.FAILED else untold(words)
