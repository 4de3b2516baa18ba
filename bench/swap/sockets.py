"""Subscriptions that stay open, and reconnect at once when they are closed, like real clients."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from bench.swap.asking import Marks
from bench.swap.counting import Event

PATIENCE_S = 10.0
PAUSE_S = 0.1
ALL_WITHIN_S = 60.0
PROTOCOL = Subprotocol("graphql-transport-ws")


@dataclass(kw_only=True)
class Subscribers:
    """All subscriptions, and their records."""

    url: str
    question: str
    marks: Marks
    events: list[Event]
    on: set[int]

    async def stay(self, who: int) -> None:
        """Keeps one subscription open forever."""
        while True:
            try:
                async with connect(
                    self.url,
                    subprotocols=[PROTOCOL],
                    open_timeout=PATIENCE_S,
                    ping_interval=None,
                    compression=None,
                    proxy=None,
                    close_timeout=1,
                ) as wire:
                    await self._listen(who, wire)
            except (OSError, TimeoutError, WebSocketException, ValueError, KeyError) as error:
                self._note(who, "failed", type(error).__name__)
                await asyncio.sleep(PAUSE_S)

    async def _listen(self, who: int, wire: ClientConnection) -> None:
        """Listens until the connection closes; a close before the first answer is a failed return."""
        await wire.send(json.dumps({"type": "connection_init"}))
        await wire.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": self.question}}))
        while True:
            said = await asyncio.wait_for(wire.recv(decode=False), PATIENCE_S)
            if b'"next"' in said:
                break
        belt = self.marks.belt(said)
        if belt is None:
            raise ValueError("an answer of nobody")
        self._note(who, "on", belt)
        self.on.add(who)
        try:
            while True:
                await wire.recv()
        except ConnectionClosed as closed:
            self._note(who, "closed", str(closed.rcvd.code) if closed.rcvd else "without a word")

    def _note(self, who: int, what: str, detail: str) -> None:
        self.events.append(Event(at=time.monotonic(), who=who, what=what, detail=detail))


async def run(
    *,
    port: int,
    number: int,
    question: str,
    marks: Marks,
    stop: asyncio.Event,
    ready: Callable[[], None],
) -> list[Event]:
    """Calls `ready` once all are subscribed; records nothing after `stop`."""
    url = f"ws://127.0.0.1:{port}/v1/graphql"
    all_ = Subscribers(url=url, question=question, marks=marks, events=[], on=set())
    tasks = [asyncio.create_task(all_.stay(who)) for who in range(number)]
    async with asyncio.timeout(ALL_WITHIN_S):
        while len(all_.on) < number:  # noqa: ASYNC110 -- only before anything is measured
            await asyncio.sleep(0.05)
    ready()
    await stop.wait()
    noted = tuple(all_.events)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return list(noted)
