"""How fast a belt is asked: no more questions a second than the policy says, however many ask at once."""

import asyncio
import time
from dataclasses import dataclass

from gate.probes.world import World


@dataclass(kw_only=True, slots=True)
class Pace:
    """Hands out turns, evenly. It saves up none: after a pause nobody may ask at once for what was left."""

    rate: int
    turn: float = 0.0

    async def wait(self) -> None:
        """Comes back when it is the asker's turn."""
        now = time.monotonic()
        self.turn = max(self.turn + 1 / self.rate, now)
        if self.turn > now:
            await asyncio.sleep(self.turn - now)


async def shared(world: World) -> Pace:
    """The pace of all who ask the candidate in one run; to be read once."""
    return Pace(rate=world.policy.served.rate)
