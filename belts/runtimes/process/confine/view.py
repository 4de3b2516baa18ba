"""A view of the file system for one program, in which the directories of other belts are empty.

`launch` imports this and `landlock` and nothing else of this project; both need the standard library alone.
"""

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path

CLONE_NEWNS = 0x0002_0000
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_SLAVE = 0x2, 0x4, 0x1000, 0x4000, 0x8_0000


def enter(hidden: Sequence[str], shown: Sequence[str]) -> None:
    """Empties these directories for this process and its children, except for what is `shown`."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "mount namespaces are denied here")
    _mount(None, "/", None, MS_REC | MS_SLAVE)
    behind = [place for place in shown if any(Path(place).is_relative_to(each) for each in hidden)]
    kept = [(place, os.open(place, os.O_PATH | os.O_CLOEXEC)) for place in behind]
    before = os.umask(0o022)
    for place in hidden:
        _mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m")
    for place, descriptor in kept:
        at = Path(place)
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112 -- what the descriptor leads to
            at.mkdir(parents=True, exist_ok=True)
        else:
            at.parent.mkdir(parents=True, exist_ok=True)
            at.touch()
        _mount(f"/proc/self/fd/{descriptor}", place, None, MS_BIND | MS_REC)
        os.close(descriptor)
    os.umask(before)


def _mount(source: str | None, at: str, kind: str | None, flags: int, options: str | None = None) -> None:
    words = [None if word is None else word.encode() for word in (source, at, kind)]
    more = None if options is None else options.encode()
    if ctypes.CDLL(None, use_errno=True).mount(*words, ctypes.c_ulong(flags), more) != 0:
        raise OSError(ctypes.get_errno(), "cannot be mounted", at)
