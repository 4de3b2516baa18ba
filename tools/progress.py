"""Shows what every step does and its progress: one live line on a terminal, plain lines elsewhere."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

LIVE_EVERY = 0.25
PLAIN_EVERY = 10.0


class Board:
    """Collects the reports of parallel lanes of work, and writes them to one stream."""

    def __init__(
        self, stream: TextIO, *, live: bool | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._live = stream.isatty() if live is None else live
        self._clock = clock
        self._began = clock()
        self._doing: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    @property
    def elapsed(self) -> float:
        """Seconds since the board was created."""
        return self._clock() - self._began

    def lane(self, name: str) -> "Lane":
        """A name under which one thread of work reports."""
        return Lane(self, name)

    def say(self, name: str, text: str) -> None:
        """Write a line that stays on the screen."""
        with self._lock:
            self._write(self._line(name, text))

    def doing(self, name: str, text: str | None) -> None:
        """Replace what a lane is doing now; None if it does nothing."""
        with self._lock:
            if text is None:
                self._doing.pop(name, None)
            else:
                began = self._doing[name][1] if name in self._doing else self._clock()
                self._doing[name] = (text, began)

    @contextmanager
    def ticking(self) -> Iterator[None]:
        """Show the progress of the lanes while the block runs."""
        over = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(over,), daemon=True)
        ticker.start()
        try:
            yield
        finally:
            over.set()
            ticker.join()
            with self._lock:
                self._wipe()

    def _tick(self, over: threading.Event) -> None:
        every = LIVE_EVERY if self._live else PLAIN_EVERY
        while not over.wait(every):
            self.show()

    def show(self) -> None:
        """Show the progress of every lane; without a terminal only of what has already taken long."""
        with self._lock:
            if self._live:
                self._show_live()
            else:
                self._show_long()

    def _show_live(self) -> None:
        told = " · ".join(f"{name}: {text}" for name, (text, _) in self._doing.items())
        width = shutil.get_terminal_size().columns - 1
        self._stream.write(f"\r\x1b[K{self._line('', told).rstrip()[:width]}")
        self._stream.flush()

    def _show_long(self) -> None:
        now = self._clock()
        for name, (text, began) in self._doing.items():
            if now - began >= PLAIN_EVERY:
                self._write(self._line(name, text))

    def _line(self, name: str, text: str) -> str:
        return f"[{self.elapsed:5.0f} s] {name:<8} {text}"

    def _wipe(self) -> None:
        if self._live:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _write(self, line: str) -> None:
        self._wipe()
        self._stream.write(f"{line}\n")
        self._stream.flush()


class Lane:
    """One lane of a board."""

    def __init__(self, board: Board, name: str) -> None:
        self._board = board
        self._name = name

    def say(self, text: str) -> None:
        """Write a line that stays on the screen."""
        self._board.say(self._name, text)

    def doing(self, text: str) -> None:
        """Set what this lane is doing now, with its progress."""
        self._board.doing(self._name, text)

    @contextmanager
    def timed(self, text: str) -> Iterator[None]:
        """Announce a piece of work, and report how long it took when it is done."""
        began = self._board.elapsed
        self.say(f"{text} ...")
        self.doing(text)
        try:
            yield
        finally:
            self._board.doing(self._name, None)
        self.say(f"{text}: done in {self._board.elapsed - began:.0f} s")
