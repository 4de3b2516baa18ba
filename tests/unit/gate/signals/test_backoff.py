"""How long the webhook sender leaves a listener alone."""

from datetime import timedelta

import pytest

from gate.signals.webhook import backoff


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(0, 0), (1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (11, 300), (100_000, 300)]
)
def test_pause(attempts: int, seconds: int) -> None:
    """None before the first attempt, then doubled each time, up to five minutes."""
    assert backoff.pause(attempts) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("rested", "left"), [(None, 4), (0, 4), (3, 1), (4, 0), (500, 0), (-86_400, 0)])
def test_what_is_left_of_it(rested: int | None, left: int) -> None:
    """A webhook sender that was started again waits for the rest of the pause, not for a new one.

    Nor for the day from which an attempt is dated, where the clock was put back since.
    """
    since = None if rested is None else timedelta(seconds=rested)
    assert backoff.remaining(3, since) == timedelta(seconds=left)
