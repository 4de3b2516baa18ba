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
    """`user` is that of the indexer, where it is one of its own; `files` whether Landlock holds it."""

    user: int | None
    files: bool

    def words(self, belt: str) -> str:
        """For a person."""
        if self.user is None and not self.files:
            return (
                f"{belt}: nothing keeps its indexer from what user {os.geteuid()} may read and write, such as"
                " the secrets of other belts; docs/host.md says what does"
            )
        own = "no user of its own" if self.user is None else f"a user of its own ({self.user})"
        files = "Landlock keeps it to its files" if self.files else "this kernel has no Landlock to keep it"
        return f"{belt}: its indexer has {own}, and {files}"


def seen(layout: Layout) -> Caged | None:
    """By what the kernel says of the process; None while none runs."""
    for pid in _pids(layout):
        with suppress(OSError):
            owner = (Path("/proc") / str(pid)).stat().st_uid
            own = owner if owner != os.geteuid() else None
            return Caged(user=own, files=landlock.holds(pid))
    return None


def _pids(layout: Layout) -> Iterator[int]:
    return (process.pid for process in leftovers.of_belt(layout) if process.program == PROGRAM)
