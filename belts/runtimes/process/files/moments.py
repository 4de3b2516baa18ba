"""Moments of a belt's life that its host records: when it was first brought up, when it was last needed.

A damaged record counts as missing; the caller then assumes what costs more.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from belts.files import read_json, write_private_json
from belts.runtimes.process.files.layout import Layout


def bear(layout: Layout) -> None:
    """Records that the belt exists from now on; an existing belt keeps its age, even an unknown one."""
    if not os.path.lexists(layout.born):
        _write(layout.born, datetime.now(UTC))


def born(layout: Layout) -> datetime | None:
    """When the belt was first brought up; None if unknown."""
    return _read(layout.born)


def needed(layout: Layout) -> datetime | None:
    """When something was last seen to need the belt; None if never or unknown."""
    return _read(layout.needed)


def need(layout: Layout, now: datetime) -> None:
    """Records that the belt is needed now, if the file can be written."""
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
