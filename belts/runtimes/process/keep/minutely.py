"""Which belt is due where each is looked at once a minute, and what may keep a look from its end."""

from pathlib import Path

import psycopg

from belts.refusal import Refusal
from belts.runtimes.process.files.layout import Layout

EVERY_S = 60.0
AWAY = (Refusal, psycopg.Error, OSError, ValueError, KeyError)
"""A belt whose database cannot be asked is looked at again; that it is away is reported by others."""


def due(looked: dict[Path, float], layout: Layout, now: float) -> bool:
    """Whether a belt is to be looked at now; `looked` keeps when each was, and this look with them."""
    if now - looked.get(layout.home, now - EVERY_S) < EVERY_S:
        return False
    looked[layout.home] = now
    return True
