"""When Python looks for what is no longer held: never through all that lives, whenever it likes.

To look through everything takes a tenth of a second where clients have thousands of subscriptions open, and
nobody is answered meanwhile. So it is done seldom: when memory has grown or a minute has passed, and never
for more than a hundredth of the time. What lives as long as the metadata is left out of it.
"""

import asyncio
import gc
import resource
import time
from collections.abc import Callable
from typing import NoReturn

NEVER = 1_000_000
EVERY_S = 60.0
GROWN = 24 * 2**20
"""Bytes by which the process may have grown since the last look, or else it is looked sooner."""
REST = 100.0
"""After a look there is none for so many times as long."""
QUIET_S = 5.0
"""The metadata has not changed for so long: an indexer that starts changes it table by table."""
_LOOK_S = 1.0


class Garbage:
    """Decides when to look; `changed` says that what was to last does so no more."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        resident: Callable[[], int] | None = None,
    ) -> None:
        self._clock = clock
        self._resident = resident or _resident
        self._at = self._not_before = clock()
        self._base = self._resident()
        self._changed: float | None = self._at

    def changed(self) -> None:
        """The metadata is another one: the schemas of the one before are garbage."""
        self._changed = self._clock()

    def look(self) -> bool:
        """Looks, if it is time to; whether it has."""
        now = self._clock()
        if now < self._not_before:
            return False
        settles = self._changed is not None and now - self._changed >= QUIET_S
        if not settles and now - self._at < EVERY_S and self._resident() < self._base + GROWN:
            return False
        if settles:
            self._changed = None
            gc.unfreeze()
        gc.collect()
        if settles:
            gc.freeze()
        self._at = self._clock()
        self._not_before = self._at + (self._at - now) * REST
        self._base = self._resident()
        return True

    async def watch(self) -> NoReturn:
        """Does so from now on, in place of Python's own looks through everything."""
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, NEVER)
        while True:
            await asyncio.sleep(_LOOK_S)
            self.look()


def _resident() -> int:
    with open("/proc/self/statm") as told:  # noqa: PTH123 -- the shortest way, once a second
        return int(told.read().split()[1]) * resource.getpagesize()
