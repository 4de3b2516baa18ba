"""Whether a certified candidate has come to contradict itself: all of its rows, in one snapshot.

It is the claim *sound* once more, by what the policy declares and what holds of every belt. What the policy
accepts undecided was accepted by the verdict too.
"""

import asyncio
from collections.abc import Mapping

from belts.envio.release import RAW_EVENTS
from gate.alias.confirm.seen import Seen, failed, passed, untold, worst
from gate.checks.sound import CHECK
from gate.finding import Point
from gate.observations import Cause, Observations, Sound, Unobserved
from gate.outcome import Outcome
from gate.probes.database.marks import Mark
from gate.probes.sound import alone
from gate.probes.world import World
from gate.run import judged
from gate.verdict import accepting

MOST = 0.9
"""How much of the time that there is this may take."""


async def look(world: World, then: Mapping[str, Mark], now: Mapping[str, Mark], *, within: float) -> Seen:
    """What contradicts itself; where there is no time to look, whether its events were touched since.

    Rows are held against the certificate in any case. What only this looks at are the events behind them.
    """
    seen = await _sound(world, within)
    if isinstance(seen, Unobserved) and seen.cause is Cause.DEADLINE:
        if all(then.get(name) == now.get(name) for name in RAW_EVENTS):
            return passed("its events untouched since the verdict")
        return untold(f"whether it contradicts itself: {seen.reason}, and its events were touched since")
    finding = judged(
        CHECK, Observations(began=world.began, endpoints=world.endpoints, sound=seen), world.policy
    )
    return worst(map(_told, accepting(finding, world.policy).points))


async def _sound(world: World, within: float) -> Sound | Unobserved:
    try:
        # Before the database's own limit, which would leave a part of the look and no word of the time.
        async with asyncio.timeout(within * MOST):
            return await alone(world)
    except TimeoutError:
        return Unobserved(reason=f"that takes longer than {within:.0f} s", cause=Cause.DEADLINE)


def _told(point: Point) -> Seen:
    if point.weight is Outcome.PASSED:
        return passed()
    words = f"{point.part.path}: {point.observed}"
    return failed(words) if point.weight is Outcome.FAILED else untold(words)
