"""Whether a certified candidate has come to contradict itself.

It is the claim *sound* once more, by what the policy declares and what holds of every belt, in one snapshot.
Where every event is there as it was written, and every row was seen to be as it was certified, they agree as
they did then: what is left is what was written since. What the policy accepts undecided was accepted by the
verdict too.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import replace

from belts.envio.release import RAW_EVENTS
from gate.alias.confirm.seen import Seen, failed, passed, unread, untold, worst
from gate.checks.sound import BOUNDS, CHECK, EVENTS, HISTORY
from gate.claims import Part
from gate.finding import Point
from gate.judging import judged
from gate.observations import Cause, Observations, Sound, Unobserved
from gate.outcome import Outcome
from gate.probes.database.marks import Mark, untouched
from gate.probes.sound import alone, of_what_is_new
from gate.probes.world import World
from gate.verdict import accepting

MOST = 0.9
"""How much of the time that there is this may take."""
UNTOUCHED = passed("its events untouched since the verdict")


async def look(
    world: World, then: Mapping[str, Mark], now: Mapping[str, Mark], *, within: float, rows: bool
) -> Seen:
    """What contradicts itself; where there is no time to look, whether its events were touched since.

    `rows` says that each was seen to be as certified. They are held against the certificate in any case; what
    only this looks at are the events behind them.
    """
    events = [name for name in RAW_EVENTS if name in then]
    stand = rows and bool(events) and all(then[name].holds(now.get(name)) for name in events)
    seen = await _within(within, of_what_is_new(world) if stand else alone(world))
    if isinstance(seen, Unobserved) and seen.cause is Cause.DEADLINE:
        if stand or all(untouched(then.get(name), now.get(name)) for name in RAW_EVENTS):
            return UNTOUCHED
        late = replace(seen, reason=f"{seen.reason}, and its events were touched since")
        return unread("whether it contradicts itself", late)
    if stand:
        return worst((UNTOUCHED, *_told(world, seen, EVENTS, BOUNDS, HISTORY)))
    return worst(_told(world, seen, *CHECK.parts))


def _told(world: World, sound: Sound | Unobserved, *parts: Part) -> Iterator[Seen]:
    """What these parts of the claim come to."""
    seen = Observations(began=world.began, endpoints=world.endpoints, sound=sound)
    finding = accepting(judged(CHECK, seen, world.policy), world.policy)
    return (_point(point) for point in finding.points if point.part in parts)


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
