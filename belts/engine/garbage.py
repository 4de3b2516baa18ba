"""When Python collects garbage: never through all objects whenever it likes.

A full collection takes a tenth of a second if clients have thousands of subscriptions open, and blocks every
answer. So it runs rarely: after memory has grown or a minute has passed, and for at most a hundredth of the
time. Objects that live as long as the metadata are excluded from it.
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
"""A collection runs early once the process has grown by this many bytes since the last one."""
REST = 100.0
"""After a collection there is none for this many times its duration."""
QUIET_S = 5.0
"""The metadata counts as settled after this long: a starting indexer changes it table by table."""
_LOOK_S = 1.0


class Garbage:
    """Decides when to collect; `changed` ends the exclusion of what was to last."""

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
        """Notes that the metadata was replaced: the former schemas are garbage."""
        self._changed = self._clock()

    def look(self) -> bool:
        """Collects if it is time to; returns whether it did."""
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
        """Runs from now on in place of Python's own full collections."""
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, NEVER)
        while True:
            await asyncio.sleep(_LOOK_S)
            self.look()


def _resident() -> int:
    with open("/proc/self/statm") as told:  # noqa: PTH123 -- the shortest way, once a second
        return int(told.read().split()[1]) * resource.getpagesize()
