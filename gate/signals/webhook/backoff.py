"""The pause before an announcement that a listener did not accept is sent again."""

from datetime import timedelta

FIRST = timedelta(seconds=1)
LONGEST = timedelta(minutes=5)


def pause(attempts: int) -> timedelta:
    """The wait after this many attempts: none before the first, then doubling up to a limit."""
    if attempts == 0:
        return timedelta(0)
    doublings = min(attempts - 1, 16)
    return min(LONGEST, FIRST * (1 << doublings))


def remaining(attempts: int, rested: timedelta | None) -> timedelta:
    """The rest of the wait; restarting the webhook sender does not restart it.

    An attempt in the future was dated by a clock that has been set back since, and is ignored.
    """
    since = rested or timedelta(0)
    return timedelta(0) if since < timedelta(0) else max(timedelta(0), pause(attempts) - since)
