"""A real Caddy with the gateway's config, and small belts behind it that say who they are."""

import asyncio
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from belts.runtimes import caddy
from belts.runtimes.process import toolchain
from belts.spec.gateway import Caddy, Timeouts
from gate.alias.byway import Byway
from gate.alias.directory import Directory
from gate.alias.state import Standing, first
from tests.live import places, plain

TIMEOUTS = Timeouts(dial=timedelta(seconds=1), answer=timedelta(seconds=2))


@dataclass(eq=False)
class Belt:
    """A belt that answers every path with its name, claims another in its header, and keeps what it saw."""

    name: str
    port: int
    delay: float = 0.0
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def dial(self) -> str:
        return f"127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator["Belt"]:
        belt = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.do_GET()

            def do_GET(self) -> None:
                belt.seen.append((self.path, {key.lower(): value for key, value in self.headers.items()}))
                time.sleep(belt.delay)
                body = json.dumps({"belt": belt.name}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("X-Belt", "liar")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- named by the base class
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that went away is none of the test's business."""

        server = Server(("127.0.0.1", self.port), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


@contextmanager
def echoing_sockets(port: int) -> Iterator[str]:
    """A belt that takes WebSockets of both GraphQL protocols and says which one it was asked for."""

    async def say(socket: ServerConnection) -> None:
        async for message in socket:
            await socket.send(f"{socket.subprotocol}:{message!r}")

    started, loop = threading.Event(), asyncio.new_event_loop()

    async def run() -> None:
        protocols = [Subprotocol("graphql-transport-ws"), Subprotocol("graphql-ws")]
        async with serve(say, "127.0.0.1", port, subprotocols=protocols):
            started.set()
            await stop.wait()

    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    started.wait(5)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


@contextmanager
def speaking_in_parts(port: int) -> Iterator[threading.Event]:
    """A belt that does not know how long its answer will be, and ends it only when it is told to."""
    said = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nfirst\r\n")
            said.wait(10)
            self.wfile.write(b"4\r\nlast\r\n0\r\n\r\n")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- named by the base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield said
    finally:
        said.set()
        server.shutdown()
        server.server_close()
        thread.join()


NONE: Mapping[Belt, datetime] = MappingProxyType({})


@dataclass(frozen=True)
class Door:
    """A running gateway: its URL, its alias, and its files."""

    port: int
    home: Path
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def alias(self) -> Path:
        return self.home / "alias"

    def serve(self, belt: Belt, *, byways: Mapping[Belt, datetime] = NONE) -> None:
        to = Standing(belt=belt.name, identity=belt.name, dial=belt.dial, heights={})
        paths = tuple(
            Byway(belt=one.name, identity=one.name, dial=one.dial, until=until)
            for one, until in byways.items()
        )
        served = replace(first(to, since="", move=None, certificate=None), byways=paths)
        Directory(self.alias, "gateway").swap(served)

    def said(self) -> str:
        """Everything that Caddy has written anywhere."""
        return "".join(path.read_text() for path in self.home.glob("*.log"))


@contextmanager
def door(
    port: int,
    *,
    admin_headers: bool = False,
    status_endpoint: bool = False,
    client_rate: int | None = None,
    trusted_proxies: tuple[str, ...] = (),
) -> Iterator[Door]:
    """The gateway on a real Caddy, up when this returns; it stands where the host lets it stand."""
    home = places.temporary("b-")
    (home / "caddy").mkdir()
    spec = Caddy(
        port=port,
        admin_headers=admin_headers,
        timeouts=TIMEOUTS,
        status_endpoint=status_endpoint,
        client_rate=client_rate,
        trusted_proxies=trusted_proxies,
    )
    config = caddy.render(spec, alias=home / "alias", log=home / "access.log", storage=home / "storage")
    config["admin"] = {"listen": f"unix/{home}/admin.sock|0600", "config": {"persist": False}}
    (home / "caddy.json").write_text(json.dumps(config))
    with (home / "caddy.log").open("w") as log:
        process = subprocess.Popen(
            [toolchain.caddy(), "run", "--config", home / "caddy.json"],
            cwd=home / "caddy",
            stdout=log,
            stderr=log,
            env={**caddy.ENVIRONMENT, "HOME": str(home), "PATH": "/usr/bin:/bin"},
        )
    try:
        _wait(port, home, process)
        yield Door(port=port, home=home, pid=process.pid)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(home)


def _wait(port: int, home: Path, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end and process.poll() is None:
        try:
            plain.get(f"http://127.0.0.1:{port}/")
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError((home / "caddy.log").read_text())
