"""Those who read a belt while something is done to it: requests without a pause, and one subscription."""

import json
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.live import plain

QUERY = "{ board { name } }"
THREADS = 2
FIRST_S = 10.0


@dataclass
class Reading:
    """Reads until it is left; then says what failed, and whether its subscription was closed."""

    url: str
    pause_s: float = 0.0
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)
    closed: str = ""
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        workers = [self._ask] * THREADS + [self._listen]
        self._threads = [threading.Thread(target=each, daemon=True) for each in workers]
        for thread in self._threads:
            thread.start()
        end = time.monotonic() + FIRST_S
        while not (self.told and self.answered) and time.monotonic() < end:
            time.sleep(0.02)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10)

    @property
    def undisturbed(self) -> bool:
        return not self.failures and not self.closed

    def _ask(self) -> None:
        with plain.client(timeout=30, headers={"User-Agent": "app/1"}) as client:
            while not self._stop.is_set():
                try:
                    answer = client.post(self.url, json={"query": QUERY})
                    told = answer.text
                    good = answer.status_code == 200 and "board" in answer.json()["data"]
                except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
                    good, told = False, type(error).__name__
                with self._counting:
                    if good:
                        self.answered += 1
                    else:
                        self.failures.append(told)
                self._stop.wait(self.pause_s)

    def _listen(self) -> None:
        socket = f"ws{self.url.removeprefix('http')}"
        try:
            with connect(socket, subprotocols=[Subprotocol("graphql-transport-ws")]) as wire:
                wire.send(json.dumps({"type": "connection_init"}))
                payload = {"query": f"subscription {QUERY}"}
                wire.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
                while not self._stop.is_set():
                    self._hear(wire)
        except (ConnectionClosed, OSError) as why:
            self.closed = f"{type(why).__name__}: {why}"

    def _hear(self, wire: Any) -> None:
        try:
            message = json.loads(wire.recv(timeout=0.2))
        except TimeoutError:
            return
        if message["type"] == "next":
            self.told.append(message["payload"])
            if "errors" in message["payload"]:
                self.failures.append(json.dumps(message["payload"]))
        elif message["type"] in {"error", "complete"}:
            self.failures.append(json.dumps(message))
