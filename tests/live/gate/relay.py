"""A real HTTP server that stands in front of a real one, and may tamper with what it answers."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, create_connection, socket
from typing import Any
from urllib.parse import urlsplit

import orjson

# What belongs to one connection, not to the question or the answer; nothing is compressed on the way.
HOPS = {"connection", "content-length", "transfer-encoding", "host", "date", "server", "accept-encoding"}


@dataclass(frozen=True, kw_only=True)
class Question:
    """What was asked; `json` is the body."""

    headers: Mapping[str, str]
    body: bytes
    path: str = ""

    @property
    def json(self) -> Any:
        return orjson.loads(self.body) if self.body else None


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What is answered; a silent one never comes."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    silent: bool = False

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def exact(self) -> Any:
        """The same, with every digit of its numbers."""
        return json.loads(self.body, parse_float=Decimal)


def as_exact_json(value: object) -> Reply:
    """What `exact` has read, with the digits that it has read."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=lambda one: f"\0{one}\0")
    body = re.sub(r'"\\u0000(.*?)\\u0000"', r"\1", text).encode()
    return Reply(headers={"content-type": "application/json"}, body=body)


def as_json(value: object, *, status: int = 200) -> Reply:
    return Reply(status=status, headers={"content-type": "application/json"}, body=orjson.dumps(value))


Twist = Callable[[Question, Callable[[], Reply]], Reply]


def honest(_: Question, upstream: Callable[[], Reply]) -> Reply:
    """Passes everything on as it is."""
    return upstream()


def _poured(source: socket, goal: socket) -> None:
    """All bytes of one side to the other, and then the end."""
    with suppress(OSError):
        while chunk := source.recv(65_536):
            goal.sendall(chunk)
    for side in (goal, source):
        with suppress(OSError):
            side.shutdown(SHUT_RDWR)


@contextmanager
def relay(
    port: int, upstream: str, twist: Twist = honest, *, path: str = "", sockets: str | None = None
) -> Iterator[str]:
    """The URL of a server on a port of this machine, in front of `upstream`.

    WebSockets go to where `sockets` says, as they are; by default to `upstream`, and nowhere if it is empty.
    """
    end = threading.Event()
    parts = urlsplit(upstream)
    beyond = urlsplit(upstream if sockets is None else sockets)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # An answer leaves in one piece: in two, the second waits until the first is acknowledged.
        wbufsize = -1
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            self.upstream = HTTPConnection(parts.netloc, timeout=30)

        def finish(self) -> None:
            self.upstream.close()
            super().finish()

        def do_GET(self) -> None:
            if self.headers.get("upgrade", "").lower() == "websocket" and beyond.netloc:
                self._switch()
            else:
                self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, *_: object) -> None:
            """Keeps quiet."""

        def _switch(self) -> None:
            """Passes a WebSocket on, byte by byte, until either end closes it."""
            self.close_connection = True
            target = self.path if path == "" else beyond.path
            headers = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
            with create_connection((beyond.hostname, beyond.port)) as other:
                other.sendall(f"GET {target} HTTP/1.1\r\n{headers}\r\n".encode())
                back = threading.Thread(target=_poured, args=(other, self.connection), daemon=True)
                back.start()
                _poured(self.connection, other)
                back.join()

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            question = Question(headers=dict(self.headers), body=self.rfile.read(length), path=self.path)
            try:
                reply = twist(question, lambda: self._forward(question))
            except ConnectionError:  # the server has ended: nobody answers
                self.close_connection = True
                return
            if reply.silent:
                end.wait(30)
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def _forward(self, question: Question) -> Reply:
            try:
                answer = self._asked(question)
            except (RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                # The server has closed what nobody used for a while: the connection opens again by itself.
                self.upstream.close()
                answer = self._asked(question)
            kept = {name.lower(): value for name, value in answer.getheaders() if name.lower() not in HOPS}
            return Reply(status=answer.status, headers=kept, body=answer.read())

        def _asked(self, question: Question) -> HTTPResponse:
            target = self.path if path == "" else parts.path
            headers = {name: value for name, value in question.headers.items() if name.lower() not in HOPS}
            self.upstream.request(self.command, target, question.body, headers)
            return self.upstream.getresponse()

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}{path or urlsplit(upstream).path}"
    finally:
        end.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
        time.sleep(0)
