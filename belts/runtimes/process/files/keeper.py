"""The keeper of the belts below one directory: a file locked by the keeper, with its process id."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from belts.files import private_dir, read
from belts.locks import locked

FILE = ".keeper"


@contextmanager
def alone(root: Path, *, busy: Callable[[], None]) -> Iterator[None]:
    """Locks the directory as its only keeper until the block or process ends; calls `busy` if taken."""
    file = private_dir(root) / FILE
    with locked(file, busy=busy) as descriptor:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


def pid(root: Path) -> int | None:
    """The pid of the living keeper. A stored number proves nothing: its process must be `belts keep`."""
    try:
        number = int(read(root / FILE))
        words = (Path("/proc") / str(number) / "cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return number if {b"belts", b"keep"} <= set(words) else None
