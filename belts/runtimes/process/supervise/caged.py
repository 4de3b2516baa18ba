"""What keeps the code that a belt is judged by from everything else on the host, as it runs right now."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from belts.runtimes.process.confine import landlock
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import leftovers

PROGRAM = "indexer"


@dataclass(frozen=True, kw_only=True, slots=True)
class Caged:
    """`user` is that of the indexer, where it is one of its own; `files` whether Landlock holds it.

    `sockets` says that the sockets of who runs the belts are out of its reach.
    """

    user: int | None
    files: bool
    sockets: bool

    def words(self, belt: str) -> str:
        """For a person."""
        if self.user is None and not self.files:
            return (
                f"{belt}: nothing keeps its indexer from what user {os.geteuid()} may read and write, such as"
                " the secrets of other belts; docs/host.md says what does"
            )
        own = "no user of its own" if self.user is None else f"a user of its own ({self.user})"
        files = "Landlock keeps it to its files" if self.files else "this kernel has no Landlock to keep it"
        if self.sockets:
            return f"{belt}: its indexer has {own}, and {files}"
        return (
            f"{belt}: its indexer has {own}, and {files}; nothing keeps it from the sockets of user"
            f" {os.geteuid()}: it may end supervisors and lead Caddy elsewhere."
            " Linux 7.1 would keep it, or user namespaces"
        )


def seen(layout: Layout) -> Caged | None:
    """By what the kernel says of the process; None while none runs."""
    for pid in _pids(layout):
        with suppress(OSError):
            owner = (Path("/proc") / str(pid)).stat().st_uid
            own = owner if owner != os.geteuid() else None
            files = landlock.holds(pid)
            by_landlock = files and landlock.version() >= landlock.SOCKETS_SINCE
            return Caged(user=own, files=files, sockets=own is not None or by_landlock or _has_a_view(pid))
    return None


def _has_a_view(pid: int) -> bool:
    """Whether it sees a file system of its own: then directories that hold sockets are empty in it."""
    theirs, ours = (Path(f"/proc/{one}/ns/mnt").readlink() for one in (pid, "self"))
    return theirs != ours


def _pids(layout: Layout) -> Iterator[int]:
    return (process.pid for process in leftovers.of_belt(layout) if process.program == PROGRAM)
