"""Who keeps the belts below one directory: a file that its keeper holds, and the number of its process."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from belts.files import private_dir, read
from belts.locks import locked

FILE = ".keeper"


@contextmanager
def alone(root: Path, *, busy: Callable[[], None]) -> Iterator[None]:
    """Holds the directory as its one keeper, until that ends or dies; `busy` raises where there is one."""
    file = private_dir(root) / FILE
    with locked(file, busy=busy) as descriptor:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


def pid(root: Path) -> int | None:
    """The living keeper. A number in a file proves nothing: what runs under it must be one of these."""
    try:
        number = int(read(root / FILE))
        words = (Path("/proc") / str(number) / "cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return number if {b"belts", b"keep"} <= set(words) else None
