"""What a client calls itself is shown and typed; what an engine answers is believed only when it is whole."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import readers
from belts.runtimes.process.guards.readers import Reader


@pytest.fixture
def belt(tmp_path: Path) -> Iterator[Callable[[str], Layout]]:
    """A belt with nothing but an engine on record, and something that answers on its port."""
    servers = []

    def make(answer: str) -> Layout:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *_: Any) -> None:
                """Silence."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        servers.append(server)
        layout = Layout(root=tmp_path, belt="blue")
        layout.requests.mkdir(parents=True)
        request = {"version": 1, "part": "engine", "root": str(tmp_path), "belt": "blue"}
        layout.request("engine").write_text(json.dumps(request | {"port": server.server_port}))
        layout.secrets.write_text('{"admin": "hush"}')
        return layout

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


def told(agent: str = "app/1", **fields: Any) -> str:
    known = {"address": "10.0.0.7", "agent": agent, "asked": 2, "secondsAgo": 3.4, "sockets": 0}
    return json.dumps({"readers": [known | fields]})


def test_a_client(belt: Callable[[str], Layout]) -> None:
    """It is named by address and agent."""
    assert [str(each) for each in readers.of_belt(belt(told()))] == [
        "10.0.0.7 app/1: 2 requests to its engine, the last 3 s ago"
    ]


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        ("", "10.0.0.7 unnamed"),
        ("a\x1b[2J\r\nb", "10.0.0.7 a?[2J??b"),
        ("café ☕", "10.0.0.7 caf? ?"),
        ("x" * 500, "10.0.0.7 " + "x" * 91),
    ],
)
def test_a_client_with_a_strange_name(belt: Callable[[str], Layout], agent: str, shown: str) -> None:
    """It cannot write into the operator's terminal."""
    assert [each.who for each in readers.of_belt(belt(told(agent)))] == [shown]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "<html>",
        "[]",
        "{}",
        '{"readers": 5}',
        '{"readers": [{}]}',
        told(asked="many"),
        told(secondsAgo=None),
    ],
)
def test_an_engine_that_answers_otherwise(belt: Callable[[str], Layout], answer: str) -> None:
    """Nobody can tell that nobody reads."""
    (reader,) = readers.of_belt(belt(answer))
    assert reader.who == "engine"
    assert "cannot be asked who reads it" in reader.seen
    assert "hush" not in reader.seen


def test_an_engine_elsewhere(belt: Callable[[str], Layout]) -> None:
    """A Hasura of the operator's does not tell who reads it."""
    layout = belt(told())
    request = json.loads(layout.request("engine").read_text())
    layout.request("engine").write_text(
        json.dumps(
            {key: value for key, value in request.items() if key != "port"}
            | {"engine": "external", "url": "https://h"}
        )
    )
    assert [each.who for each in readers.of_belt(layout)] == ["engine"]


def test_requests_that_cannot_be_read(belt: Callable[[str], Layout]) -> None:
    """Then nobody is known, and nobody is acknowledged."""
    layout = belt(told())
    layout.request("engine").write_text("{")
    assert [each.who for each in readers.of_belt(layout)] == ["unknown"]
    assert readers.acknowledged(layout) == ()


@pytest.mark.parametrize(
    ("acknowledged", "known"),
    [
        (["10.0.0.7 app/1"], True),
        (["10.0.0.7"], True),
        (["10.0.0.7 app"], False),
        (["10.0.0"], False),
        (["app/1"], False),
        ([], False),
    ],
)
def test_a_reader_that_is_acknowledged(acknowledged: list[str], known: bool) -> None:
    """By its whole name or by its address, by nothing less."""
    assert Reader(who="10.0.0.7 app/1", seen="").among(acknowledged) is known
