"""A lock on a file or a directory, which the kernel releases when its holder dies."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from belts.files import PRIVATE_DIR, PRIVATE_FILE


def _wait() -> None:
    """Waits silently."""


@contextmanager
def locked(path: Path, *, directory: bool = False, busy: Callable[[], None] = _wait) -> Iterator[int]:
    """Locks the file or directory for the duration of the block, and yields its descriptor.

    It is created if missing, in an existing directory. If the lock is taken, `busy` is called before waiting;
    it may raise to avoid the wait. A program that inherits the descriptor keeps the lock even after its
    parent ends.
    """
    # A link in the file's place could lead to another lock, or create a file elsewhere.
    flags = os.O_RDONLY | os.O_DIRECTORY if directory else os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    while True:
        if directory:
            path.mkdir(mode=PRIVATE_DIR, exist_ok=True)
        descriptor = os.open(path, flags | os.O_CLOEXEC, PRIVATE_FILE)
        try:
            _take(descriptor, busy)
            if _is_there(descriptor, path):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _take(descriptor: int, busy: Callable[[], None]) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        busy()
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _is_there(descriptor: int, path: Path) -> bool:
    """False if the last holder removed the file during the wait: a lock on that excludes no one."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
