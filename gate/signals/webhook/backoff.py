"""How long a listener that did not take an announcement is left alone."""

from datetime import timedelta

FIRST = timedelta(seconds=1)
LONGEST = timedelta(minutes=5)


def pause(attempts: int) -> timedelta:
    """The wait after so many attempts: none before the first, then twice as long each time, up to a limit."""
    if attempts == 0:
        return timedelta(0)
    doublings = min(attempts - 1, 16)
    return min(LONGEST, FIRST * (1 << doublings))


def remaining(attempts: int, rested: timedelta | None) -> timedelta:
    """What is left of the wait; a webhook sender that was started again does not begin it anew.

    An attempt that lies ahead was dated by a clock that has been put back since: nobody waits for that day.
    """
    since = rested or timedelta(0)
    return timedelta(0) if since < timedelta(0) else max(timedelta(0), pause(attempts) - since)
