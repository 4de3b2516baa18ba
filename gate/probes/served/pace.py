"""Limits how many questions a second a belt receives, for all callers together."""

import asyncio
import time
from dataclasses import dataclass

from gate.probes.world import World


@dataclass(kw_only=True, slots=True)
class Pace:
    """Hands out turns evenly. Unused turns are not saved for a burst."""

    rate: int
    turn: float = 0.0

    async def wait(self) -> None:
        """Returns when it is the caller's turn."""
        now = time.monotonic()
        self.turn = max(self.turn + 1 / self.rate, now)
        if self.turn > now:
            await asyncio.sleep(self.turn - now)


async def shared(world: World) -> Pace:
    """The pace of all who ask the candidate in one run; use it with `World.once`."""
    return Pace(rate=world.policy.served.rate)
