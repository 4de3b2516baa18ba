"""A hosting platform in small: a proxy of several workers that its API leads elsewhere one by one."""

import itertools
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from belts import seal
from tests.live.gate.signals.servers import Asked, Reply, Server, serving

CALL = """
import os, sys, urllib.request
url, asked = sys.argv[1:]
head = {"Authorization": "Bearer " + os.environ["TOKEN"]}
print(urllib.request.urlopen(urllib.request.Request(url, asked.encode(), head)).read().decode())
"""
PASSED = (seal.SEAL,)
WORKERS = 2


@dataclass
class Platform:
    """What its workers are led to, and how it behaves when it is told to lead them elsewhere."""

    token: str
    pause: float = 0.0
    """Between one worker and the next."""
    workers: list[str] = field(default_factory=lambda: [""] * WORKERS)
    lies: bool = False
    """It accepts, and changes nothing."""
    stuck: bool = False
    """It tells of what it was told, and its workers stay where they are."""
    mute: bool = False
    mute_after_set: bool = False
    told: str = ""
    sets: int = 0
    _turn: Iterator[int] = field(default_factory=itertools.count)

    def lead(self, upstream: str) -> None:
        """All at once, as by hand."""
        self.told, self.workers = upstream, [upstream] * WORKERS

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == "/v1/graphql":
            return self._passed(asked)
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            return Reply(status=403)
        if asked.path == "/get":
            return Reply(status=500) if self.mute else Reply(body=self.told.encode())
        self.sets += 1
        self.mute |= self.mute_after_set
        if self.stuck:
            self.told = asked.body.decode()
        elif not self.lies:
            self._led(asked.body.decode())
        return Reply(body=b"accepted")

    def _led(self, upstream: str) -> None:
        """It answers at once, and does it in its own time."""
        self.workers[0] = upstream
        last = threading.Timer(self.pause, self.lead, (upstream,))
        last.daemon = True
        last.start()

    def _passed(self, asked: Asked) -> Reply:
        upstream = self.workers[next(self._turn) % WORKERS]
        names = ("content-type", "accept", seal.CHALLENGE)
        headers = {name: asked.headers[name] for name in names if name in asked.headers}
        try:
            answer = httpx.post(upstream, content=asked.body, headers=headers, timeout=30)
        except (httpx.HTTPError, httpx.UnsupportedProtocol, httpx.InvalidURL):
            return Reply(status=502)
        told = {name: answer.headers[name] for name in PASSED if name in answer.headers}
        kind = answer.headers.get("content-type", "application/json")
        return Reply(status=answer.status_code, body=answer.content, headers={"Content-Type": kind, **told})


@dataclass(frozen=True, kw_only=True)
class Running:
    """A platform that answers, and the commands of an operator who uses it."""

    platform: Platform
    server: Server
    program: Path

    @property
    def url(self) -> str:
        return f"{self.server.url}/v1/graphql"

    @property
    def alias(self) -> dict[str, Any]:
        """The setting of a stack."""
        command = [sys.executable, "-I", str(self.program)]
        return {
            "kind": "command",
            "url": self.url,
            "set": [*command, f"{self.server.url}/set", "{upstream}"],
            "get": [*command, f"{self.server.url}/get", "now"],
            "arriveSeconds": 15,
        }


@contextmanager
def running(directory: Path, token: str) -> Iterator[Running]:
    """A platform that leads nowhere yet."""
    program = directory / "call.py"
    program.write_text(CALL)
    platform = Platform(token)
    with serving(platform) as server:
        yield Running(platform=platform, server=server, program=program)


def told(kept: Path) -> Any:
    """What lies beside an alias, as data."""
    return json.loads(kept.read_text())
