"""How long a process has been silent, by what was seen of it look by look. Pure: the time is an argument.

Only silence that somebody else's answer frames counts: it begins anew when what the process leans on is
silent too, when it is another process, and when nobody looked for a while, as on a host that stood still.
"""

from dataclasses import dataclass, replace
from enum import Enum

UNBORN = 5.0
"""A process that has never answered may be coming up: it has so many times as long."""


class Seen(Enum):
    """One look: it answers, it is silent while what it leans on answers, or that is silent too."""

    ANSWERS = "answers"
    SILENT = "silent"
    UNTOLD = "untold"


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence:
    """What is known of one process; times are seconds of a clock that never jumps."""

    pid: int
    looked: float
    since: float | None = None
    answered: bool = False

    def hangs(self, *, patience: float) -> bool:
        if self.since is None:
            return False
        return self.looked - self.since >= patience * (1.0 if self.answered else UNBORN)


def after(before: Silence | None, seen: Seen, *, pid: int, now: float, gap: float) -> Silence:
    """The same after one more look; `gap` is the longest time between two looks that frame a silence."""
    if before is None or before.pid != pid:
        before = Silence(pid=pid, looked=now)
    if seen is Seen.ANSWERS:
        return replace(before, looked=now, since=None, answered=True)
    if seen is Seen.UNTOLD:
        return replace(before, looked=now, since=None)
    stood_still = now - before.looked > gap
    since = now if before.since is None or stood_still else before.since
    return replace(before, looked=now, since=since)
