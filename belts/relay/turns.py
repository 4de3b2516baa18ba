"""Gives questions their turns, in the order in which they came, as each provider's allowance has it."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field

from belts.provider.allowance import Allowance
from belts.provider.routes import Upstream
from belts.relay.counters import Counters

LEAST_S = 0.001


@dataclass(frozen=True, kw_only=True, slots=True)
class Turns:
    """A queue for each provider; who leaves it has taken nothing."""

    allowance: Allowance
    counters: Counters
    _queues: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def take(self, upstream: Upstream, calls: int) -> None:
        """Comes back when the calls may go out."""
        began = time.monotonic()
        with self.counters.waiting.track_inprogress():
            async with self._queues[upstream.provider]:
                while (wait := self.allowance.take(upstream.provider, calls)) > 0:  # noqa: ASYNC110 -- another process may take what is left
                    await asyncio.sleep(max(LEAST_S, wait))
        self.counters.waited(upstream, time.monotonic() - began)

    def busy(self, upstream: Upstream, pause: float) -> None:
        """The provider says that it is asked too often."""
        self.allowance.busy(upstream.provider, pause)
