"""Removes the shared memory that a killed Postgres left behind; only its data directory names it.

A Postgres takes a small System V segment, by which a second one on the same data finds that the first still
runs. It takes the segment back when it restarts; nothing does for a cluster that is removed instead, and a
system has only so many segments.
"""

import ctypes
import os
from pathlib import Path
from typing import NamedTuple

LIST = Path("/proc/sysvipc/shm")
IPC_RMID = 0
LINE_OF_SEGMENT = 6
KEPT_WITH_THE_DATA = "dynamic_shared_memory_type = 'mmap'\n"
"""Keeps the rest of the shared memory in files beside the data, so that it is removed with the data."""


class Segment(NamedTuple):
    """One segment of this machine, by what a Postgres records of it."""

    key: str
    number: str
    maker: str


def keep_with(data: Path) -> None:
    """Makes a fresh cluster keep its shared memory among its data."""
    with (data / "postgresql.auto.conf").open("a") as settings:
        settings.write(KEPT_WITH_THE_DATA)


def forget(data: Path) -> None:
    """Frees the segment of a dead Postgres, unless it is in use or belongs to something else by now."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        listed = segments()
    except (FileNotFoundError, NotADirectoryError):
        return  # it ended in order, or this is a system without such a list
    if len(lines) <= LINE_OF_SEGMENT:
        return
    noted = (*lines[LINE_OF_SEGMENT].split(), lines[0].removeprefix("-"))
    for segment, users in listed.items():
        if segment == noted and users == 0:
            _remove(int(segment.number))


def segments() -> dict[Segment, int]:
    """The existing segments, and how many processes use each."""
    found = {}
    for line in LIST.read_text().splitlines()[1:]:
        key, number, _mode, _size, maker, _last, users, *_ = line.split()
        found[Segment(key=key, number=number, maker=maker)] = int(users)
    return found


def _remove(segment: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.shmctl(segment, IPC_RMID, None) != 0:
        why = ctypes.get_errno()
        raise OSError(
            why, f"System V segment {segment}, which a killed Postgres has left: {os.strerror(why)}"
        )
