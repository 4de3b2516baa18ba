"""Moments of a belt's life that its host notes down: when it was brought up first, when it was needed last.

A note that is damaged says nothing: whoever asks takes that for what costs more.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from belts.files import read_json, write_private_json
from belts.runtimes.process.files.layout import Layout


def bear(layout: Layout) -> None:
    """The belt is there from now on; one that is there already keeps its age, be that unknown."""
    if not os.path.lexists(layout.born):
        _write(layout.born, datetime.now(UTC))


def born(layout: Layout) -> datetime | None:
    """When it was brought up first; None where nobody knows."""
    return _read(layout.born)


def needed(layout: Layout) -> datetime | None:
    """When somebody was last seen to need it; None where nobody was, or nobody knows."""
    return _read(layout.needed)


def need(layout: Layout, now: datetime) -> None:
    """Somebody needs it now, as whoever looked saw; noted where it can be."""
    with suppress(OSError):  # a full disk, or one who may look and not write
        if layout.supervisor.is_dir():
            _write(layout.needed, now)


def _write(file: Path, moment: datetime) -> None:
    write_private_json(file, {"at": moment.isoformat()})


def _read(file: Path) -> datetime | None:
    with suppress(OSError, ValueError, TypeError, KeyError):
        moment = datetime.fromisoformat((read_json(file) or {})["at"])
        return moment if moment.tzinfo is not None else None
    return None
