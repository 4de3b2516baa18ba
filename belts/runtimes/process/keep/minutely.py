"""Which belts are due in a loop that looks at each once a minute, and which errors may end a look."""

from pathlib import Path

import psycopg

from belts.refusal import Refusal
from belts.runtimes.process.files.layout import Layout

EVERY_S = 60.0
AWAY = (Refusal, psycopg.Error, OSError, ValueError, KeyError)
"""A belt whose database cannot be asked is retried later; others report that it is down."""


def due(looked: dict[Path, float], layout: Layout, now: float) -> bool:
    """Whether a belt is due now; if so, records this look in `looked`."""
    if now - looked.get(layout.home, now - EVERY_S) < EVERY_S:
        return False
    looked[layout.home] = now
    return True
