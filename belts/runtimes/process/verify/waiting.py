"""What keeps the suite from looking: told with the facts that it leaves unlooked."""

import time
from collections.abc import Callable

from belts.refusal import Caught

LOOK_EVERY_S = 0.1


class Unseen(Caught):
    """Something did not come about in its time, so that what follows from it could not be looked at."""


def wait(true: Callable[[], object], what: str, *, seconds: float = 90.0) -> None:
    """Until something holds; `Unseen` says what did not."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise Unseen(f"not within {seconds:.0f} s: {what}")
        time.sleep(LOOK_EVERY_S)
