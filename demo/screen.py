"""What is shown to the person who runs the demo: a timeline, and one progress line while it waits."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

QUIET_S = 5.0


class Screen:
    """Prints each event with the time since the start; on a terminal, progress is one line.

    Several threads may report what they do.
    """

    def __init__(self, out: TextIO | None = None) -> None:
        """Start the clock."""
        self._out = out or sys.stdout
        self._began = time.monotonic()
        self._open = False
        self._told = 0.0
        self._lock = threading.RLock()

    def say(self, text: str = "") -> None:
        """Prints one event of the timeline; its further lines are indented below."""
        first, *others = text.split("\n")
        self.plain("\n".join([f"{self.clock}  {first}", *(f"{'':7}{line}" for line in others)]))

    def plain(self, text: str) -> None:
        """Prints text outside the timeline."""
        with self._lock:
            self._close()
            self._print(text)

    def progress(self, text: str) -> None:
        """Shows how far something is; without a terminal only every few seconds."""
        with self._lock:
            if self._out.isatty():
                self._out.write(f"\r\x1b[2K{self.clock}  … {text}"[:180])
                self._out.flush()
                self._open = True
            elif time.monotonic() - self._told > QUIET_S:
                self._told = time.monotonic()
                self._print(f"{self.clock}  … {text}")

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A part of the story that takes a while; prints its title."""
        self._told = time.monotonic()
        self.say(f"── {title}")
        yield
        with self._lock:
            self._close()

    @property
    def clock(self) -> str:
        """Minutes and seconds since the start."""
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        return f"{minutes:2}:{seconds:02}"

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    def _close(self) -> None:
        if self._open:
            self._out.write("\r\x1b[2K")
            self._open = False

    def _print(self, line: str) -> None:
        self._out.write(f"{line}\n")
        self._out.flush()
