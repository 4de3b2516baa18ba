"""Byways on the real Caddy: which belt answers, when nobody does, and what is written down."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from belts.runtimes.process.guards import byway_uses
from tests.live import plain
from tests.live.belts.doors import Belt, Door, echoing_sockets

pytestmark = pytest.mark.live

SECRET = "hush-4711"


def later(**time: float) -> datetime:
    return datetime.now(UTC) + timedelta(**(time or {"hours": 1}))


def ask(gateway: Door, belt: str, **more: Any) -> httpx.Response:
    return plain.post(f"{gateway.url}/v/{belt}/v1/graphql", json={"query": "{ x }"}, **more)


def lines(gateway: Door) -> list[dict[str, Any]]:
    file = gateway.home / "byways.log"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_both_belts_of_a_break(gateway: Door, blue: Belt, green: Belt) -> None:
    """Each is reached by its name, whoever serves; the rest of it stays behind the gateway."""
    gateway.serve(green, byways={blue: later(), green: later()})
    before = len(blue.seen)
    for named in (blue, green):
        answer = ask(gateway, named.name)
        assert (answer.status_code, answer.json(), answer.headers.get_list("x-belt")) == (
            200,
            {"belt": named.name},
            [named.name],
        )
    assert blue.seen[before][0] == "/v1/graphql"
    for path in (
        "/v/blue/v1/metadata",
        "/v/blue/v2/query",
        "/v/blue/healthz",
        "/v/blue/v1/graphql/x",
        "/v/blue",
    ):
        answer = plain.post(f"{gateway.url}{path}", json={})
        assert (answer.status_code, answer.headers["x-belt"]) == (404, "green")
    assert len(blue.seen) == before + 1


def test_nobody_opened_it(gateway: Door, blue: Belt, green: Belt) -> None:
    """A belt without a byway, the one that serves among them, is refused in GraphQL's words."""
    gateway.serve(green)
    for name in ("blue", "green", "red", "none"):
        answer = ask(gateway, name)
        assert (answer.status_code, answer.headers["x-belt"]) == (404, "none")
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["errors"][0]["extensions"] == {"code": "byway-closed"}
    assert ask(gateway, "green", headers={"user-agent": "board"}).status_code == 404
    assert not [line for line in lines(gateway) if line.get("agent") == "board"]


def test_its_end(gateway: Door, blue: Belt, green: Belt) -> None:
    """It closes by itself, though nobody writes anything, and the alias goes on."""
    gateway.serve(green, byways={green: later(), blue: later(seconds=3)})
    assert ask(gateway, "blue").status_code == 200
    while (answer := ask(gateway, "blue")).status_code == 200:
        time.sleep(0.1)
    assert answer.status_code == 404
    assert ask(gateway, "green").status_code == 200
    assert plain.post(f"{gateway.url}/v1/graphql", json={}).json() == {"belt": "green"}


@pytest.mark.deep
@pytest.mark.parametrize(
    "kept",
    [
        "",
        "blue",
        "127.0.0.1:1 blue",
        "127.0.0.1:1 blue soon",
        "127.0.0.1:1 ../blue 99999999999",
        "127.0.0.1:1 green 99999999999",
        "127.0.0.1:1 blue 99999999999 more",
        None,
    ],
)
def test_a_file_that_is_none(gateway: Door, blue: Belt, green: Belt, kept: str | None) -> None:
    """What says nothing of a belt opens nothing."""
    gateway.serve(green, byways={blue: later()})
    file = gateway.alias / "current" / "byways"
    file.unlink()
    if kept is not None:
        file.write_text(kept)
    assert ask(gateway, "blue").status_code == 404


@pytest.mark.deep
@pytest.mark.parametrize(
    "path",
    [
        "/v/../blue/v1/graphql",
        "/v/..%2fblue/v1/graphql",
        "/v/blue%2f..%2fred/v1/graphql",
        "/v/blue%00/v1/graphql",
        "/v/BLUE/v1/graphql",
        "/v/{env.HOME}/v1/graphql",
        "/v/{http.regexp.byways.2}/v1/graphql",
        "/v//v1/graphql",
        "/v/blue\\/v1/graphql",
        "/v/" + "b" * 5_000 + "/v1/graphql",
    ],
)
def test_a_name_that_is_none(gateway: Door, blue: Belt, green: Belt, path: str) -> None:
    """No name leads anywhere but to the belt that is called so."""
    gateway.serve(green, byways={blue: later()})
    before = len(blue.seen), len(green.seen)
    answer = httpx.request("POST", httpx.URL(gateway.url).copy_with(raw_path=path.encode()))
    assert answer.status_code in {400, 404}
    assert (len(blue.seen), len(green.seen)) == before


@pytest.mark.deep
def test_as_protected_as_the_alias(gateway: Door, blue: Belt, green: Belt) -> None:
    """Headers of admins go no further, bodies are bounded, methods refused, and a dead belt is a 502."""
    gateway.serve(green, byways={blue: later(), Belt("dead", 1): later()})
    ask(gateway, "blue", headers={"X-Hasura-Admin-Secret": SECRET, "x-hasura-role": SECRET, "X-Keep": "kept"})
    path, headers = blue.seen[-1]
    assert path == "/v1/graphql"
    assert headers["x-keep"] == "kept"
    assert not [name for name in headers if name.startswith("x-hasura")]
    assert headers["x-belts-client"]
    for url in (f"{gateway.url}/v/blue/v1/graphql",):
        large = plain.post(url, content=b"x" * (1024 * 1024 + 1))
        parts = plain.post(url, content=iter([b"x" * 65_536] * 17))
        assert (large.status_code, parts.status_code) == (413, 413)
        assert httpx.request("DELETE", url).status_code == 404
    dead = ask(gateway, "dead")
    assert (dead.status_code, dead.headers["x-belt"], dead.json()["belt"]) == (502, "dead", "dead")
    assert SECRET not in gateway.said()


@pytest.mark.deep
async def test_a_subscription(gateway: Door, green: Belt, free_port: Callable[[], int]) -> None:
    """A WebSocket is led to the belt that is named."""
    with echoing_sockets(free_port()) as dial:
        belt = Belt("blue", int(dial.rpartition(":")[2]))
        gateway.serve(green, byways={belt: later()})
        url = gateway.url.replace("http", "ws") + "/v/blue/v1/graphql"
        async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
            await socket.send("hello")
            assert await socket.recv() == "graphql-transport-ws:'hello'"


@pytest.mark.deep
@pytest.mark.parametrize(
    ("body", "query", "operation"),
    [
        ({"query": "query  Points { x }"}, "", "Points"),
        ({"query": "\n\t subscription\nLive{ x }"}, "", "Live"),
        ({"query": "{ x }"}, "", ""),
        ({"query": "query { x }"}, "", ""),
        ({"query": "query A { x } query B { x }", "operationName": "B"}, "", "B"),
        ({"operationName": f"B {SECRET}", "query": f'{{ x(a: "{SECRET}") }}'}, "", ""),
        ({"operationName": "x" * 65, "query": "{ x }"}, "", ""),
        ({"query": "{ x }"}, f"?operationName=Asked&token={SECRET}", "Asked"),
        (
            {"query": "{env.HOME} {file./etc/passwd}", "operationName": "{env.HOME}"},
            "?operationName={env.HOME}",
            "",
        ),
    ],
)
def test_what_is_written_down(
    gateway: Door, blue: Belt, green: Belt, body: dict[str, str], query: str, operation: str
) -> None:
    """How the operation, the agent and the origin call themselves; nothing else of the request."""
    gateway.serve(green, byways={blue: later()})
    agent = "{env.HOME}\tboard " + "x" * 200
    headers = {"user-agent": agent, "origin": "https://app.example", "x-hasura-admin-secret": SECRET}
    answer = plain.post(f"{gateway.url}/v/blue/v1/graphql{query}", json=body, headers=headers)
    assert answer.json() == {"belt": "blue"}
    said = lines(gateway)[-1]
    assert said.pop("operation") == operation
    assert said.pop("agent") == agent[:120]
    assert said.pop("origin") == "https://app.example"
    assert said.pop("belt") == "blue"
    assert set(said) == {"level", "ts", "logger", "msg", "bytes_read", "duration", "size", "status"}
    assert SECRET not in gateway.said()
    found = byway_uses.uses(gateway.home, "blue", since=0.0)
    assert isinstance(found, byway_uses.Uses)
    assert (operation, agent[:120], "https://app.example") in found.found
    assert found.unread == 0
