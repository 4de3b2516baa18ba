"""One change of a belt at a time: the second waits, says so, and then sees what the first one left.

What the belts of a host share is promised to one of them at a time.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from belts.host import progress
from belts.host.layout import PRIVATE_FILE, Layout, private_dir


@contextmanager
def of_belt(layout: Layout) -> Iterator[None]:
    """Holds the belt until the block ends. The kernel lets go if the holder dies."""
    descriptor = _held(layout)
    try:
        yield
    finally:
        if not layout.home.exists():
            layout.lock.unlink(missing_ok=True)
        os.close(descriptor)


@contextmanager
def of_host(root: Path) -> Iterator[None]:
    """Holds what belts share, while some of it is promised to one of them: the ports and the memory."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _held(layout: Layout) -> int:
    while True:
        private_dir(layout.root)
        descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.note(f"{layout.belt}: waiting for another command that works on this belt")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if _is_the_one(descriptor, layout):
            return descriptor
        os.close(descriptor)  # its last holder removed the belt, and the file with it


def _is_the_one(descriptor: int, layout: Layout) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), layout.lock.stat())
    except FileNotFoundError:
        return False
