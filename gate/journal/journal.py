"""The journal of one belt: a file that only grows, until its older half is dropped in one rename.

Only the gateway's user writes it. One that others could have written is not trusted: a belt must not vouch
for itself.
"""

import os
import stat
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from belts.files import replace
from belts.refusal import Caught
from gate.journal import line
from gate.observations.watched import Stretch

FOLDER = "journal"
KEPT = timedelta(days=4)
"""Longer than the default of any settle or soak time."""
DROPPED_EVERY = timedelta(hours=12)


class JournalUnreadable(Caught):
    """The journal cannot be read, or its writer is uncertain; the text says why."""


class Journal:
    """One belt's file. Appending is one write: a reader finds whole lines, and at most a torn last one."""

    def __init__(self, folder: Path, belt: str) -> None:
        self._file = folder / f"{belt}.jsonl"
        self._dropped: datetime | None = None

    def append(self, stretch: Stretch) -> None:
        """Appends one stretch, and occasionally drops the oldest."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self._file, flags, 0o600)
        try:
            _end_torn_line(descriptor, self._file)
            os.write(descriptor, line.encode(stretch).encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if self._dropped is None or stretch.end - self._dropped > DROPPED_EVERY:
            self._dropped = stretch.end
            self._drop(stretch.end - KEPT)

    def read(self) -> tuple[Stretch, ...]:
        """Every stretch, oldest first; empty if the belt was never watched. Raises `JournalUnreadable`."""
        try:
            descriptor = os.open(self._file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise JournalUnreadable(f"its journal cannot be opened ({error.strerror})") from None
        with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
            _refuse_others(os.fstat(file.fileno()))
            found = [stretch for text in file if (stretch := line.decode(text)) is not None]
        return tuple(sorted(found, key=lambda stretch: stretch.end))

    def _drop(self, before: datetime) -> None:
        """Keeps what is younger; a reader finds the old file or the new one."""
        with suppress(JournalUnreadable):
            kept = [line.encode(stretch) for stretch in self.read() if stretch.end > before]
            replace(self._file, "".join(kept))


def _end_torn_line(descriptor: int, file: Path) -> None:
    """Terminates a line that a crash left torn, so that it does not become part of the next one."""
    size = os.fstat(descriptor).st_size
    if size:
        with file.open("rb") as text:
            text.seek(size - 1)
            if text.read(1) != b"\n":
                os.write(descriptor, b"\n")


def _refuse_others(seen: os.stat_result) -> None:
    if seen.st_uid != os.geteuid():
        raise JournalUnreadable(f"its journal belongs to user {seen.st_uid}")
    if stat.S_IMODE(seen.st_mode) & 0o022 or not stat.S_ISREG(seen.st_mode):
        raise JournalUnreadable("its journal is a file that others may write")
