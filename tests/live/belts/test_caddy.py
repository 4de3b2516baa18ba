"""The gateway's config on the real Caddy."""

import asyncio
import stat
from collections.abc import Callable

import httpx
import psutil
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.conftest import Ports
from tests.deep import one_of_each
from tests.live import plain
from tests.live.belts.doors import Belt, Door, door, echoing_sockets, speaking_in_parts

pytestmark = pytest.mark.live


@pytest.mark.parametrize("http2", one_of_each([False, True], name={False: "http1", True: "h2c"}.__getitem__))
async def test_alias_moved_under_load(gateway: Door, blue: Belt, green: Belt, http2: bool) -> None:
    """Every answer names the belt that gave it, none fails, and none is old after a move has returned."""
    gateway.serve(blue)
    wrong: list[str] = []
    answers: dict[str, int] = {"blue": 0, "green": 0}
    moving = True

    def client() -> httpx.AsyncClient:
        return plain.async_client(base_url=gateway.url, http1=not http2, http2=http2)

    async def consume() -> None:
        async with client() as consumer:
            while moving:
                answer = await consumer.post("/v1/graphql", json={"query": "{ x }"})
                belt = answer.json().get("belt") if answer.status_code == 200 else answer.text
                answers[belt] = answers.get(belt, 0) + 1
                if answer.headers["x-belt"] != belt:
                    wrong.append(f"{answer.headers['x-belt']} said {belt}")

    async with client() as operator:
        consumers = [asyncio.create_task(consume()) for _ in range(8)]
        for _ in range(20):
            for belt in (green, blue):
                gateway.serve(belt)
                now = await operator.get("/v1/graphql")
                assert now.json()["belt"] == belt.name
                await asyncio.sleep(0.02)
        moving = False
        await asyncio.gather(*consumers)

    assert wrong == []
    assert set(answers) == {"blue", "green"}
    assert all(answers.values())


def test_belt_names_itself_otherwise(gateway: Door, blue: Belt) -> None:
    """The header is the gateway's word: what the belt sends under that name is replaced."""
    gateway.serve(blue)

    assert plain.get(f"{gateway.url}/healthz").headers.get_list("x-belt") == ["blue"]


def test_alias_never_set(ports: Ports) -> None:
    """A gateway without an alias answers 502 and names no belt."""
    with door(ports.one()) as gateway:
        answer = plain.post(f"{gateway.url}/v1/graphql", json={})

    assert (answer.status_code, answer.headers["x-belt"]) == (502, "none")


@pytest.mark.parametrize("route", ["", "blue", "blue 127.0.0.1:1", "127.0.0.1:1 blue green"])
def test_route_that_is_none(gateway: Door, blue: Belt, route: str) -> None:
    """What is not an address and a name leads nowhere, and says so."""
    gateway.serve(blue)
    (gateway.alias / "current" / "route").write_text(route)
    answer = plain.post(f"{gateway.url}/v1/graphql", json={})
    (gateway.alias / "current" / "route").write_text(f"{blue.dial} blue")

    assert (answer.status_code, answer.headers["x-belt"]) == (502, "none")


def test_belt_dead_then_alias_moved_back(gateway: Door, blue: Belt, free_port: Callable[[], int]) -> None:
    """A dead belt is a 502 that names it, and the first request after moving back is answered live."""
    gateway.serve(Belt("dead", free_port()))
    down = plain.post(f"{gateway.url}/v1/graphql", json={})
    gateway.serve(blue)
    back = plain.post(f"{gateway.url}/v1/graphql", json={})

    assert (down.status_code, down.headers["x-belt"], down.json()["belt"]) == (502, "dead", "dead")
    assert (back.status_code, back.headers["x-belt"]) == (200, "blue")


def test_belt_answers_too_late(gateway: Door, free_port: Callable[[], int]) -> None:
    """A belt that keeps a request longer than the limit is given up with a 504."""
    with Belt("slow", free_port(), delay=3).running() as slow:
        gateway.serve(slow)
        answer = plain.post(f"{gateway.url}/v1/graphql", json={}, timeout=10)

    assert (answer.status_code, answer.headers["x-belt"]) == (504, "slow")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/metadata"),
        ("POST", "/v2/query"),
        ("GET", "/console"),
        ("GET", "/"),
        ("POST", "/v1/graphql/../metadata"),
        ("POST", "/v1/graphql/x"),
        ("POST", "/v1/graphql%2f..%2fmetadata"),
        ("POST", "//v1/metadata"),
        ("DELETE", "/v1/graphql"),
    ],
)
def test_path_not_allowed(gateway: Door, blue: Belt, method: str, path: str) -> None:
    """Only the listed paths and methods reach a belt; the belt does not even see the others."""
    gateway.serve(blue)
    before = len(blue.seen)
    answer = httpx.request(method, httpx.URL(gateway.url).copy_with(raw_path=path.encode()))

    assert (answer.status_code, answer.headers["x-belt"]) == (404, "blue")
    assert len(blue.seen) == before


SECRET = "hush-4711"
HEADERS = {
    "X-Hasura-Admin-Secret": SECRET,
    "x-hasura-role": SECRET,
    "X-Hasura-User-Id": SECRET,
    "X-Keep": "kept",
}


def test_admin_headers_by_default(gateway: Door, blue: Belt) -> None:
    """No consumer becomes an admin through the alias: headers that say so end at the gateway."""
    gateway.serve(blue)
    plain.post(f"{gateway.url}/v1/graphql", json={}, headers=HEADERS)
    _, headers = blue.seen[-1]

    assert [name for name in headers if name.startswith("x-hasura-")] == []
    assert headers["x-keep"] == "kept"


def test_admin_headers_opted_in(blue: Belt, ports: Ports) -> None:
    """Where the stack says so, they pass."""
    with door(ports.one(), admin_headers=True) as gateway:
        gateway.serve(blue)
        plain.post(f"{gateway.url}/v1/graphql", json={}, headers=HEADERS)

    assert blue.seen[-1][1]["x-hasura-admin-secret"] == SECRET


LIES = {"X-Belts-Client": "10.9.9.9", "X-Belts-Rate": "1000000", "X-Forwarded-For": "10.8.8.8, 10.7.7.7"}


def test_who_asks(gateway: Door, blue: Belt) -> None:
    """The belt is told the client's address by the gateway alone, and no rate where there is none."""
    gateway.serve(blue)
    plain.post(f"{gateway.url}/v1/graphql", json={}, headers=LIES)
    _, headers = blue.seen[-1]

    assert headers["x-belts-client"] == "127.0.0.1"
    assert "x-belts-rate" not in headers


def test_who_asks_through_a_proxy(blue: Belt, ports: Ports) -> None:
    """Of a proxy that the stack names, the last address before it is the client's; the rate is ours."""
    with door(ports.one(), client_rate=7, trusted_proxies=("127.0.0.0/8",)) as gateway:
        gateway.serve(blue)
        plain.post(f"{gateway.url}/v1/graphql", json={}, headers=LIES)

    _, headers = blue.seen[-1]
    assert (headers["x-belts-client"], headers["x-belts-rate"]) == ("10.7.7.7", "7")


def test_secrets_in_requests(gateway: Door, blue: Belt, free_port: Callable[[], int]) -> None:
    """Nothing that a request carries in headers or query is in any log, even when the belt is dead."""
    headers = HEADERS | {"Authorization": f"Bearer {SECRET}", "Cookie": f"session={SECRET}"}
    for belt in (blue, Belt("dead", free_port())):
        gateway.serve(belt)
        plain.get(f"{gateway.url}/v1/graphql", headers=headers, params={"token": SECRET})
    said = gateway.said()

    assert SECRET not in said
    assert '"X-Belt":["blue"]' in said
    assert '"status":502' in said
    assert stat.S_IMODE((gateway.home / "access.log").stat().st_mode) == 0o600


def test_body_above_limit(gateway: Door, blue: Belt) -> None:
    """A body above the limit is refused with 413."""
    gateway.serve(blue)
    answer = plain.post(f"{gateway.url}/v1/graphql", content=b"x" * (1024 * 1024 + 1))

    assert (answer.status_code, answer.headers["x-belt"]) == (413, "blue")


@pytest.mark.parametrize("protocol", ["graphql-transport-ws", "graphql-ws"])
async def test_websocket(gateway: Door, free_port: Callable[[], int], protocol: str) -> None:
    """Subscriptions pass in both protocols."""
    with echoing_sockets(free_port()) as dial:
        gateway.serve(Belt("blue", int(dial.rpartition(":")[2])))
        url = f"{gateway.url.replace('http', 'ws')}/v1/graphql"
        async with connect(url, subprotocols=[Subprotocol(protocol)]) as socket:
            await socket.send("hello")
            answer = await socket.recv()
            named = socket.response.headers["X-Belt"] if socket.response else ""

    assert answer == f"{protocol}:'hello'"
    assert named == "blue"


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "h2c"])
def test_answer_in_parts(gateway: Door, free_port: Callable[[], int], http2: bool) -> None:
    """What a belt has said is passed on before it has said everything."""
    slow = Belt("slow", free_port())
    gateway.serve(slow)
    with (
        speaking_in_parts(slow.port) as rest,
        plain.client(http1=not http2, http2=http2, timeout=5) as consumer,
        consumer.stream("GET", f"{gateway.url}/healthz") as answer,
    ):
        parts = answer.iter_raw()
        assert next(parts) == b"first"
        rest.set()
        assert b"".join(parts) == b"last"


def test_admin_endpoint(gateway: Door) -> None:
    """Caddy can be managed through a private socket only; its one TCP port is the consumers'."""
    listening = {
        connection.laddr.port
        for connection in psutil.Process(gateway.pid).net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }

    assert listening == {gateway.port}
    assert stat.S_IMODE((gateway.home / "admin.sock").stat().st_mode) & 0o077 == 0
