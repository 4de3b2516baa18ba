"""One small process that outlives the plugin, to kill the commands that the plugin leaves behind.

A command runs in a process group of its own, so a plugin that is killed (by Pulumi, or by the kernel when
memory runs out) cannot kill its commands. The guard reads from a pipe which groups are running. When the pipe
ends, the plugin has ended, for whatever reason, and the guard kills what still runs.
"""

import contextlib
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


def kill_group(group: int) -> None:
    """Kill every process of a group; a group that has already ended is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Guard:
    """The plugin's end of the pipe."""

    pipe: int

    @contextmanager
    def over(self, group: int) -> Iterator[None]:
        """Guard a process group while the block runs."""
        os.write(self.pipe, f"+{group}\n".encode())
        try:
            yield
        finally:
            os.write(self.pipe, f"-{group}\n".encode())


def start() -> Guard:
    """Fork the guard; call it while this process has one thread."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(writer)
        _watch(reader)
        os._exit(0)
    os.close(reader)
    return Guard(pipe=writer)


def _watch(reader: int) -> None:
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):  # the engine waits for the end of the plugin's output
        os.dup2(nothing, descriptor)
    with os.fdopen(reader) as lines:
        for group in _left(lines):
            kill_group(group)


def _left(lines: Iterable[str]) -> set[int]:
    running: set[int] = set()
    for line in lines:
        (running.add if line.startswith("+") else running.discard)(int(line[1:]))
    return running
