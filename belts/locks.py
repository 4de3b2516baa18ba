"""One at a time: a lock on a file or a directory, which the kernel lets go of when its holder dies."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from belts.files import PRIVATE_DIR, PRIVATE_FILE


def _wait() -> None:
    """Waits without a word."""


@contextmanager
def locked(path: Path, *, directory: bool = False, busy: Callable[[], None] = _wait) -> Iterator[int]:
    """Holds the file, or the directory, for the length of the block, and gives its descriptor.

    It is made where there is none, in a directory that is there. When somebody else holds it, `busy` is
    called and then they are waited for; who would rather not wait raises there. A program that inherits
    the descriptor keeps the lock although its parent is gone.
    """
    # A link in the place of the file would lead to what others lock, or make a file where nobody looks.
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
    """Not when its last holder removed it while it was waited for: a lock on that keeps nobody out."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
