"""Disk space that a gateway reserves, and frees when the disk is full, so that the alias can still move.

A move writes a few small files, and the ledger's Postgres needs space to recover. Whatever filled the disk
may take the freed space as well; a volume of the gateway's own, mounted at its directory, prevents that.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from belts.files import PRIVATE_FILE
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.progress import note

BYTES = 64 * 1024 * 1024


def fill(layout: Layout) -> bool:
    """Reserves the space if there is plenty; returns whether it is reserved."""
    place = file_of(layout)
    if place.is_file() and place.stat().st_size == BYTES:
        return True
    if shutil.disk_usage(layout.home).free < 2 * BYTES:
        return False
    try:
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_FILE)
        try:
            os.posix_fallocate(descriptor, 0, BYTES)
        finally:
            os.close(descriptor)
    except OSError:
        with suppress(OSError):
            place.unlink()
        return False
    return True


def give_up(layout: Layout) -> bool:
    """Frees the space if less than half of it is left on the disk; returns whether it did."""
    place = file_of(layout)
    with suppress(OSError):
        if shutil.disk_usage(layout.home).free < BYTES // 2 and place.is_file():
            place.unlink()
            note(
                f"{layout.belt}: the disk is full, so the room that was kept for the alias is used: make more"
            )
            return True
    return False


def file_of(layout: Layout) -> Path:
    """The file that reserves the space, in the gateway's own directory."""
    return layout.home / "ballast"
