"""A real Caddy with a real alias, over two belts that are no more than an answer each."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from belts.runtimes import caddy
from belts.runtimes.process import toolchain
from belts.spec.gateway import Caddy, GatewaySpec
from gate.secret import Address
from tests.live import plain


class Answering(BaseHTTPRequestHandler):
    """Answers every question with nothing but data."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"data": {"__typename": "query_root"}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def answering() -> Iterator[str]:
    """The address of a belt that answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Gateway:
    """A running gateway, its alias directory, and the addresses of blue and green."""

    url: Address
    alias: Path
    dials: dict[str, str]
    stops: dict[str, Callable[[], None]] = field(default_factory=dict)

    def stop(self, belt: str) -> None:
        """From here on nobody answers where this belt did."""
        self.stops.pop(belt)()


@pytest.fixture
def gateway(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Gateway]:
    spec = GatewaySpec(name="gateway", root=tmp_path, caddy=Caddy(port=free_port()))
    assert spec.caddy is not None
    config = tmp_path / "caddy.json"
    rendered = caddy.render(
        spec.caddy, alias=spec.alias, log=tmp_path / "access.log", storage=tmp_path / "storage"
    )
    config.write_text(json.dumps(rendered | {"admin": {"disabled": True}}))
    with ExitStack() as stack:
        ends = {belt: stack.enter_context(ExitStack()) for belt in ("blue", "green")}
        dials = {belt: end.enter_context(answering()) for belt, end in ends.items()}
        process = subprocess.Popen(
            [toolchain.caddy(), "run", "--config", str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        )
        stack.callback(process.wait)
        stack.callback(process.terminate)
        until = time.monotonic() + 10
        while True:
            try:
                plain.get(spec.url, timeout=1)
                break
            except httpx.TransportError:
                assert time.monotonic() < until, "Caddy did not start"
                time.sleep(0.05)
        yield Gateway(
            url=Address(f"{spec.url}/v1/graphql"),
            alias=spec.alias,
            dials=dials,
            stops={belt: end.close for belt, end in ends.items()},
        )
