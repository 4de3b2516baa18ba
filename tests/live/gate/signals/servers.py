"""Small real HTTP servers: a belt, a chain's RPC or a listener, each answering as a test wants it to."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What is answered, how long that takes, and how long each byte of it takes."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0
    drip: float = 0.0


@dataclass
class Server:
    """Answers each request with what `reply` makes of it, and keeps what it was asked."""

    reply: Callable[[Asked], Reply]
    port: int = 0
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(reply: Callable[[Asked], Reply], *, port: int = 0) -> Iterator[Server]:
    """A running server."""
    server = Server(reply)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(path=self.path, headers=headers, body=body)
            server.asked.append(asked)
            answer = server.reply(asked)
            time.sleep(answer.after)
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            step = 1 if answer.drip else len(answer.body) or 1
            for start in range(0, len(answer.body), step):
                self.wfile.write(answer.body[start : start + step])
                time.sleep(answer.drip)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    class Threads(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that went away is what some tests are about."""

    http = Threads(("127.0.0.1", port), Handler)
    http.daemon_threads = True
    server.port = http.server_port
    thread = threading.Thread(target=http.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def as_json(content: object, **reply: Any) -> Reply:
    return Reply(body=json.dumps(content).encode(), **reply)


def belt(**heights: int) -> Callable[[Asked], Reply]:
    """A belt that has committed so much: `belt(c1=5)` is at block 5 of chain 1."""
    rows = [
        {"chainId": int(name.removeprefix("c")), "progressBlock": height} for name, height in heights.items()
    ]
    return lambda _: as_json({"data": {"_meta": rows}})


def chain(number: int, head: int) -> Callable[[Asked], Reply]:
    """A provider of a chain."""

    def answer(asked: Asked) -> Reply:
        question = asked.json
        results = {"eth_chainId": number, "eth_blockNumber": head}
        return as_json({"jsonrpc": "2.0", "id": question["id"], "result": hex(results[question["method"]])})

    return answer
