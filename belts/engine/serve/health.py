"""Whether the engine serves its metadata: checked at most once a second, however many ask."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from belts.engine.errors import EngineError

EVERY_S = 1.0
HEALTHY = 200, b'{"status":"OK"}'
INCONSISTENT = 500, b'{"status":"inconsistent metadata"}'
FAILED = 500, b'{"status":"ERROR"}'
"""Says no more: the details are in the engine's log, and in the admin's `get_inconsistent_metadata`."""

_LOG = logging.getLogger("belts.engine")

Health = tuple[int, bytes]


class Healthy:
    """The health of one engine."""

    def __init__(
        self, look: Callable[[], Awaitable[tuple[object, ...]]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._look = look
        self._clock = clock
        self._found: Health | None = None
        self._at = 0.0
        self._looking: asyncio.Task[Health] | None = None
        self.looks = 0

    async def now(self) -> Health:
        """The health found within the last second; concurrent callers wait for one check."""
        if self._found is not None and self._clock() - self._at < EVERY_S:
            return self._found
        if self._looking is None:
            self._looking = asyncio.create_task(self._find())
        # A caller that is cancelled does not cancel the check of others.
        return await asyncio.shield(self._looking)

    def forget(self) -> None:
        """Discards the result, because the metadata has changed."""
        self._found = None

    async def _find(self) -> Health:
        self.looks += 1
        try:
            found = await self._seen()
        finally:
            self._looking = None
        self._found, self._at = found, self._clock()
        return found

    async def _seen(self) -> Health:
        try:
            inconsistent = await self._look()
        except EngineError as error:
            _LOG.warning("not healthy: %s", error)
            return FAILED
        if inconsistent:
            _LOG.warning("not healthy: %d objects of the metadata are inconsistent", len(inconsistent))
            return INCONSISTENT
        return HEALTHY
