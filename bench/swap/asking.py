"""Keeps a number of connections busy, and records every answer: which belt gave it, and when it was asked."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from bench.swap.counting import Answers

PATIENCE_S = 10.0
PAUSE_S = 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks:
    """The texts that identify the belt of an answer: the first that it contains decides."""

    found: Sequence[tuple[bytes, str]]

    def belt(self, body: bytes) -> str | None:
        """The belt that gave this answer; None if unknown."""
        return next((belt for text, belt in self.found if text in body), None)


@dataclass(kw_only=True)
class Asking:
    """The state that all connections share."""

    port: int
    question: bytes
    marks: Marks
    answers: Answers
    open: set["Connection"] = field(default_factory=set)
    ended: bool = False
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def authority(self) -> str:
        """The authority of the requests."""
        return f"127.0.0.1:{self.port}"

    def answered(self, sent: float, *, status: str, label: str, body: bytes) -> None:
        """Counts an answer, which needs the status 200 and a known belt."""
        belt = self.marks.belt(body) if status == "200" else None
        if belt is None:
            self.failed(f"status {status}" if status != "200" else "an answer of nobody")
            return
        self.answers.note(sent, time.monotonic(), belt)
        self.answers.mislabelled += label != belt

    def failed(self, why: str) -> None:
        """Counts a request without an answer."""
        self.answers.failures[why] += 1

    def sent_again(self) -> None:
        """Counts a request that the server has explicitly not accepted."""
        self.answers.again += 1

    def again(self, connection: "Connection") -> None:
        """Replaces a connection that has ended."""
        self.open.discard(connection)
        if not self.ended:
            self.connect(type(connection))

    def connect(self, kind: type["Connection"]) -> None:
        """Opens one more connection."""
        task = asyncio.get_running_loop().create_task(self._connect(kind))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, kind: type["Connection"]) -> None:
        while not self.ended:
            try:
                loop = asyncio.get_running_loop()
                _, made = await loop.create_connection(lambda: kind(self), "127.0.0.1", self.port)
            except OSError:
                self.failed("no connection")
                await asyncio.sleep(PAUSE_S)
            else:
                self.open.add(made)
                return

    async def run(
        self,
        kind: type["Connection"],
        connections: int,
        *,
        stop: asyncio.Event,
        ready: Callable[[], None],
    ) -> None:
        """Asks on this many connections until `stop`, then waits for the remaining answers."""
        for _ in range(connections):
            self.connect(kind)
        await asyncio.wait(tuple(self._tasks), timeout=PATIENCE_S)
        ready()
        while not stop.is_set():
            try:
                await asyncio.wait_for(stop.wait(), 0.5)
            except TimeoutError:
                for connection in tuple(self.open):
                    connection.overdue(time.monotonic() - PATIENCE_S)
        self.ended = True
        until = time.monotonic() + PATIENCE_S
        while any(connection.busy for connection in self.open) and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(PAUSE_S)
        for connection in tuple(self.open):
            connection.overdue(time.monotonic())
            connection.close()


class Connection(asyncio.Protocol):
    """One request at a time; the end of the connection fails the current request."""

    def __init__(self, asking: Asking) -> None:
        """Start without a transport."""
        self._asking = asking
        self._seen = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is no subclass of it

    def connection_lost(self, exc: Exception | None) -> None:
        """Count a request in progress as failed, and open another connection."""
        if self._sent:
            self._asking.failed("closed under a request" if exc is None else type(exc).__name__)
        self._asking.again(self)

    @property
    def busy(self) -> bool:
        """Whether an answer is pending."""
        return self._sent > 0

    def overdue(self, before: float) -> None:
        """Give up a request that was sent before then."""
        if self._sent and self._sent < before:
            self._given_up("no answer in time")

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _given_up(self, why: str) -> None:
        self._sent = 0.0
        self._asking.failed(why)
        self._transport.abort()
