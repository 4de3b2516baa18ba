"""Reports on stderr what is being waited for, how far it is and for how long.

It prints one line per change, not per look.
"""

import sys
import time
from collections.abc import Callable

HEARTBEAT_S = 5.0


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Progress:
    """Lines about one wait: one for each change, and one every few seconds without a change."""

    def __init__(
        self,
        what: str,
        *,
        tell: Callable[[str], None] = note,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._tell = tell
        self._clock = clock
        self._began = clock()
        self._told_at = self._began
        self._told = ""

    @property
    def elapsed(self) -> float:
        return self._clock() - self._began

    def at(self, how_far: str) -> None:
        now = self._clock()
        changed = how_far != self._told
        quiet_start = not self._told and now - self._began < 0.5
        if quiet_start or (not changed and now - self._told_at < HEARTBEAT_S):
            return
        self._told, self._told_at = how_far, now
        self._tell(f"{self._what}: {how_far} ({now - self._began:.0f} s)")
