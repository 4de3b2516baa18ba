"""Waiting in the suite, and the error for what could not be looked at."""

import time
from collections.abc import Callable

from belts.refusal import Caught

LOOK_EVERY_S = 0.1


class Unseen(Caught):
    """Something did not happen in time, so what depends on it could not be looked at."""


def wait(true: Callable[[], object], what: str, *, seconds: float = 90.0) -> None:
    """Waits until something is true; raises `Unseen` at the deadline."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise Unseen(f"not within {seconds:.0f} s: {what}")
        time.sleep(LOOK_EVERY_S)
