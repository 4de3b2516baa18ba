"""Where tests put what they make: in memory where there is plenty, as a file costs far more on a disk."""

import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

DISK, MEMORY = Path("/tmp"), Path("/dev/shm")
FREE_BYTES = 8 * 2**30
AVAILABLE_BYTES = 16 * 2**30
"""What a whole run takes is a fraction of it; the rest is for the processes of this run and of others."""


def temporary(prefix: str) -> Path:
    """A new directory with a short name, since sockets lie in it."""
    return Path(tempfile.mkdtemp(prefix=prefix, dir=_chosen()))


def all_of(prefix: str) -> Iterator[Path]:
    """The directories that any run has made with this prefix."""
    for place in (DISK, MEMORY):
        yield from place.glob(f"{prefix}*")


@functools.cache
def _chosen() -> Path:
    return MEMORY if _has_room(MEMORY) else DISK


def _has_room(place: Path) -> bool:
    """Programs must run from there as well."""
    if not os.access(place, os.W_OK | os.X_OK) or os.statvfs(place).f_flag & os.ST_NOEXEC:
        return False
    return (
        shutil.disk_usage(place).free >= FREE_BYTES and psutil.virtual_memory().available >= AVAILABLE_BYTES
    )
