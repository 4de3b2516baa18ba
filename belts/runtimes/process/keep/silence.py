"""How long a process has been silent, from one look to the next. Pure: the time is an argument.

Only silence while the process's dependency answers counts. The count restarts when that dependency is silent
too, when the process is another one, and after a pause in the looks, as on a host that was suspended.
"""

from dataclasses import dataclass, replace
from enum import Enum

UNBORN = 5.0
"""A process that never answered may still be starting: its patience is this many times as long."""


class Seen(Enum):
    """One look: the process answers, is silent while its dependency answers, or both are silent."""

    ANSWERS = "answers"
    SILENT = "silent"
    UNTOLD = "untold"


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence:
    """What is known of one process; times are seconds of a monotonic clock."""

    pid: int
    looked: float
    since: float | None = None
    answered: bool = False

    def hangs(self, *, patience: float) -> bool:
        if self.since is None:
            return False
        return self.looked - self.since >= patience * (1.0 if self.answered else UNBORN)


def after(before: Silence | None, seen: Seen, *, pid: int, now: float, gap: float) -> Silence:
    """The state after one more look; `gap` is the longest time between looks that still counts as silence."""
    if before is None or before.pid != pid:
        before = Silence(pid=pid, looked=now)
    if seen is Seen.ANSWERS:
        return replace(before, looked=now, since=None, answered=True)
    if seen is Seen.UNTOLD:
        return replace(before, looked=now, since=None)
    stood_still = now - before.looked > gap
    since = now if before.since is None or stood_still else before.since
    return replace(before, looked=now, since=since)
