"""The turns of questions, in order of arrival, within each provider's allowance."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field

from belts.provider.allowance import Allowance
from belts.provider.routes import Upstream
from belts.refusal import Caught
from belts.relay.counters import Counters

LEAST_S = 0.001
LONGEST_S = 15.0
"""An indexer gives up a question after 20 s, but leaves it here: asking it then would waste a turn."""


class TooLong(Caught):
    """A question has waited so long for its turn that its client has given up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Turns:
    """A queue for each provider; a question that leaves it has taken nothing."""

    allowance: Allowance
    counters: Counters
    longest_s: float = LONGEST_S
    _queues: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def take(self, upstream: Upstream, calls: int) -> None:
        """Waits until the calls may go out; raises `TooLong` if that takes too long."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self.longest_s):
                await self._wait(upstream, calls)
        except TimeoutError:
            raise TooLong(f"{upstream.provider} is asked as often as it may be") from None
        finally:
            self.counters.waited(upstream, time.monotonic() - began)

    async def _wait(self, upstream: Upstream, calls: int) -> None:
        with self.counters.waiting.track_inprogress():
            async with self._queues[upstream.provider]:
                while (wait := self.allowance.take(upstream.provider, calls)) > 0:  # noqa: ASYNC110 -- another process may take what is left
                    await asyncio.sleep(max(LEAST_S, wait))

    def busy(self, upstream: Upstream, pause: float) -> None:
        """Records a rate limit error of the provider."""
        self.allowance.busy(upstream.provider, pause)
