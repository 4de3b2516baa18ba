"""The status endpoint behind a real Caddy: what consumers are told, and what nobody pays for it."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from belts.runtimes.process.toolchain import CHECKOUT
from gate.alias import directory as alias
from gate.alias.directory import Directory
from gate.alias.state import Served, Standing, first
from tests.conftest import Ports
from tests.live import plain
from tests.live.belts.doors import Door, door
from tests.live.gate.signals.servers import Asked, Reply, Server, as_json, belt, chain, serving
from tests.live.hosts import wait_until

pytestmark = pytest.mark.live

KEY = "k3y-4711-0815"
GOOD = b'{"data":{"_meta":[{"chainId":1,"progressBlock":1}]},"result":"0x1"}'


@dataclass
class Shore:
    """A gateway with a status endpoint, and what lies behind it."""

    gateway: Door
    blue: Server
    one: Server
    ten: Server
    process: "subprocess.Popen[bytes]"

    def told(self) -> httpx.Response:
        return plain.get(f"{self.gateway.url}/_belt", timeout=10)

    def word(self) -> dict[str, Any]:
        """What is said of a belt that serves."""
        answer = self.told()
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def chain(self, number: int) -> dict[str, Any]:
        told: dict[str, Any] = self.word()["chains"][str(number)]
        return told

    def sees_all(self) -> bool:
        """Whether all that lies behind it was seen."""
        answer = self.told()
        return answer.status_code == 200 and "unseen" not in answer.text

    def later(self) -> None:
        """When what was seen is not told any more."""
        time.sleep(1.05)

    def serve(self, name: str, dial: str, **heights: int) -> Served:
        at = {int(chain.removeprefix("c")): height for chain, height in heights.items()}
        standing = Standing(belt=name, identity=name, dial=dial, heights=at)
        before = alias.read(self.gateway.alias)
        since = "2026-01-01T00:00:00.000+00:00"
        after = (
            first(standing, since=since, move=1, certificate="c-1")
            if before is None
            else before.promoted(standing, left={}, since=since, move=2, certificate="c-2")
        )
        Directory(self.gateway.alias, "gateway").swap(after)
        return after

    def said(self) -> str:
        return (self.gateway.home / "status-endpoint.log").read_text()


@contextmanager
def status_endpoint(home: Path, rpc: dict[int, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """The status endpoint as its host runs it: in its own directory, with nothing of this environment."""
    (home / "status-endpoint").mkdir(mode=0o700, exist_ok=True)
    with (home / "status-endpoint.log").open("ab") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gate.signals.status",
                "--alias",
                str(home / "alias"),
                "--socket",
                "status.sock",
            ],
            cwd=home / "status-endpoint",
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(CHECKOUT),
                **{f"BELTS_RPC_{number}": url for number, url in rpc.items()},
            },
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def shore(ports: Ports) -> Iterator[Shore]:
    """Blue serves chains 1 and 10; the provider of 10 has its key in its path."""
    with ExitStack() as stack:
        gateway = stack.enter_context(door(ports.one(), status_endpoint=True))
        blue = stack.enter_context(serving(belt(c1=110, c10=60)))
        one = stack.enter_context(serving(chain(1, 112)))
        ten = stack.enter_context(serving(chain(10, 60)))
        process = stack.enter_context(
            status_endpoint(gateway.home, {1: one.url, 10: f"{ten.url}/v2/{KEY}?apikey={KEY}"})
        )
        made = Shore(gateway=gateway, blue=blue, one=one, ten=ten, process=process)
        wait_until(lambda: made.told().status_code == 503, "an answer of the status endpoint")
        served = made.serve("blue", f"127.0.0.1:{blue.port}", c1=100, c10=50)
        wait_until(made.sees_all, "a look at the belt and at both chains")
        Directory(gateway.alias, "gateway").swap(served)
        for server in (blue, one, ten):
            server.asked.clear()
        yield made


def test_who_serves_and_how_far(shore: Shore) -> None:
    """Belt, since when, how, by which certificate, and per chain both heights and the blocks between."""
    answer = shore.told()
    told = answer.json()
    told.pop("seen")

    assert told == {
        "belt": "blue",
        "since": "2026-01-01T00:00:00.000+00:00",
        "how": "promoted",
        "certificate": "c-1",
        "previous": None,
        "chains": {
            "1": {"committed": 110, "head": 112, "lag": 2},
            "10": {"committed": 60, "head": 60, "lag": 0},
        },
    }
    assert answer.headers["x-belt"] == "blue"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"


def test_how_it_asks(shore: Shore) -> None:
    """As the public does, without a secret, and by a name that a belt can tell from its consumers'."""
    shore.told()
    (asked,) = shore.blue.asked

    assert asked.path == "/v1/graphql"
    assert asked.headers["user-agent"] == "belts-status"
    assert [name for name in asked.headers if name.startswith("x-hasura")] == []
    assert [each.json["method"] for each in shore.ten.asked] == ["eth_blockNumber"]


def test_an_alias_that_moves(shore: Shore, ports: Ports) -> None:
    """From the move on the new belt is named, however short ago the old one was looked at."""
    with serving(belt(c1=111)) as green:
        assert shore.word()["belt"] == "blue"
        shore.serve("green", f"127.0.0.1:{green.port}", c1=111)
        told = shore.word()

    assert (told["belt"], told["previous"], told["certificate"]) == ("green", "blue", "c-2")
    assert told["chains"]["1"]["committed"] == 111
    assert told["chains"]["10"]["unseen"] == {"committed": "the belt does not index this chain"}


def test_a_belt_behind_a_unix_socket(shore: Shore, tmp_path: Path) -> None:
    """The way to a belt may be a socket of the host."""
    path = shore.gateway.home / "green.sock"
    relay = subprocess.Popen([sys.executable, "-c", RELAY, str(path), str(shore.blue.port)])
    try:
        wait_until(path.exists, "the relay's socket")
        shore.serve("green", f"unix/{path}", c1=111)
        assert shore.chain(1)["committed"] == 110
    finally:
        relay.kill()
        relay.wait()


RELAY = """
import asyncio, sys
async def pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
async def both(reader, writer):
    to = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
    await asyncio.gather(pump(reader, to[1]), pump(to[0], writer))
async def main():
    async with await asyncio.start_unix_server(both, sys.argv[1]) as server:
        await server.serve_forever()
asyncio.run(main())
"""


@pytest.mark.deep
async def test_a_flood(shore: Shore) -> None:
    """However many ask, the belt and the chains are asked once a second."""
    began = time.monotonic()
    async with plain.async_client(timeout=20) as http:
        url = f"{shore.gateway.url}/_belt"
        while time.monotonic() - began < 2.5:
            answers = await asyncio.gather(*(http.get(url) for _ in range(50)))
            assert {answer.json()["belt"] for answer in answers} == {"blue"}
    seconds = time.monotonic() - began

    # Once a second at most for all who ask, and once more by the watch of the heads.
    assert 2 <= len(shore.blue.asked) <= seconds + 2
    assert len(shore.one.asked) <= seconds + 2


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (lambda _: Reply(status=500), "answers with status 500"),
        (lambda _: Reply(status=401, body=KEY.encode()), "answers with status 401"),
        (lambda _: Reply(status=302, headers={"Location": f"http://{KEY}/"}), "answers with status 302"),
        (lambda _: Reply(body=f"<html>{KEY}".encode()), "answers with something that is no answer"),
        (lambda _: Reply(body=b"[" * 300_000), "answers with something that is no answer"),
        (lambda _: Reply(body=b" " * 300_000 + GOOD), "answers with something that is no answer"),
        (lambda _: Reply(after=9), "does not answer within 2 s"),
        (lambda _: Reply(body=GOOD, drip=0.3), "does not answer within 2 s"),
        (lambda _: as_json({"errors": [{"message": KEY}]}), None),
        (lambda _: as_json({"error": {"message": KEY}}), None),
        (lambda _: as_json([KEY]), None),
        (lambda _: as_json({"data": {"_meta": [{"chainId": KEY, "progressBlock": 1}]}, "result": KEY}), None),
        (lambda _: as_json({"data": {"_meta": [{"chainId": 1, "progressBlock": True}]}, "result": 7}), None),
        (
            lambda _: as_json({"data": {"_meta": [{"chainId": 1, "progressBlock": 1e30}]}, "result": "-1"}),
            None,
        ),
    ],
)
def test_what_answers_badly(shore: Shore, reply: Callable[[Asked], Reply], words: str | None) -> None:
    """It is null with a reason in our own words; the others are told as ever, and nothing it said is."""
    shore.blue.reply = reply
    chain = shore.chain(1)
    assert (chain["committed"], chain["head"], chain["lag"]) == (None, 112, None)
    assert chain["unseen"]["committed"] == f"the belt {words or 'answers without its chains'}"

    shore.blue.reply, shore.ten.reply = belt(c1=110, c10=60), reply
    shore.later()
    answer = shore.told()
    told = answer.json()["chains"]
    assert told["1"] == {"committed": 110, "head": 112, "lag": 2}
    assert (told["10"]["committed"], told["10"]["head"], told["10"]["lag"]) == (60, None, None)
    assert told["10"]["unseen"]["head"] == f"the chain's RPC {words or 'answers without a number'}"
    assert KEY not in answer.text + shore.said()


def test_a_belt_that_is_dead(shore: Shore, free_port: Callable[[], int]) -> None:
    """The status endpoint still says who should serve, and since when."""
    shore.serve("dead", f"127.0.0.1:{free_port()}", c1=100)
    told = shore.word()

    assert (told["belt"], told["chains"]["1"]["committed"]) == ("dead", None)
    assert told["chains"]["1"]["unseen"] == {"committed": "the belt cannot be reached"}


def test_a_provider_of_another_chain(shore: Shore) -> None:
    """Its head is no head of this chain; it is believed once it says that it is of this one."""
    shore.process.kill()
    shore.process.wait()
    shore.one.reply = chain(5, 999)
    with status_endpoint(shore.gateway.home, {1: shore.one.url}):
        wait_until(lambda: shore.told().status_code == 200, "an answer of the status endpoint")
        unseen = {"head": "the chain's RPC is one of chain 5"}
        wait_until(lambda: shore.chain(1).get("unseen") == unseen, "a look at the chain and at the belt")
        assert shore.chain(1)["head"] is None
        assert {asked.json["method"] for asked in shore.one.asked} == {"eth_chainId"}
        shore.one.reply = chain(1, 113)
        shore.later()
        assert shore.chain(1)["head"] == 113


def test_a_chain_without_a_provider(shore: Shore) -> None:
    """It is told how far the belt is, and that nobody vouches for the chain."""
    shore.blue.reply = belt(c7=3)
    assert shore.chain(7) == {
        "committed": 3,
        "head": None,
        "lag": None,
        "unseen": {"head": "no RPC of this chain was given to the gateway"},
    }


def test_an_alias_never_set(ports: Ports) -> None:
    """Nobody serves, and the answer is a 503 that says so."""
    with door(ports.one(), status_endpoint=True) as gateway, status_endpoint(gateway.home, {}):
        url = f"{gateway.url}/_belt"
        wait_until(lambda: plain.get(url).status_code == 503, "an answer of the status endpoint")
        answer = plain.get(url)

    assert answer.json() == {"belt": None, "reason": "no belt has been promoted yet"}
    assert (answer.headers["x-belt"], answer.headers["cache-control"]) == ("none", "no-store")


@pytest.mark.parametrize("damage", ["{", '{"version": 9}', '{"version": 1, "served": {}}', None])
def test_an_alias_that_cannot_be_read(shore: Shore, damage: str | None) -> None:
    """It is a 503 that says so; where it lies, and what is wrong with it, the operator reads in the log."""
    state = shore.gateway.alias / "current" / "state.json"
    state.unlink() if damage is None else state.write_text(damage)
    shore.later()
    answer = shore.told()

    assert (answer.status_code, answer.json()) == (503, {"belt": None, "reason": "the alias cannot be read"})
    assert str(shore.gateway.home) not in answer.text
    assert str(shore.gateway.alias) in shore.said()


def test_a_status_endpoint_that_is_dead(shore: Shore) -> None:
    """Consumers are served as ever; the status endpoint's own path is a 502 that still names the belt."""
    shore.process.kill()
    shore.process.wait()
    answer = shore.told()
    served = plain.post(f"{shore.gateway.url}/v1/graphql", json={})

    assert (answer.status_code, answer.headers["x-belt"]) == (502, "blue")
    assert answer.headers["cache-control"] == "no-store"
    assert (served.status_code, served.headers["x-belt"]) == (200, "blue")
    with status_endpoint(shore.gateway.home, {}):
        wait_until(lambda: shore.told().status_code == 200, "the status endpoint after its death")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_belt"),
        ("PUT", "/_belt"),
        ("HEAD", "/_belt"),
        ("GET", "/_belt/"),
        ("GET", "/_belt/x"),
        ("GET", "/_belts"),
        ("GET", "/x/../_belt/../docs"),
    ],
)
def test_what_is_not_the_status_endpoints(shore: Shore, method: str, path: str) -> None:
    """One path and one method lead there, and nothing else does."""
    answer = httpx.request(method, httpx.URL(shore.gateway.url).copy_with(raw_path=path.encode()))

    assert answer.status_code == 404
    assert answer.headers["x-belt"] == "blue"


def test_what_the_status_endpoint_is_given(shore: Shore) -> None:
    """Providers, and no word of a database."""
    environment = (Path("/proc") / str(shore.process.pid) / "environ").read_text().split("\0")
    names = {each.partition("=")[0] for each in environment if each}

    assert names - {"PATH", "PYTHONPATH", "LC_CTYPE"} == {"BELTS_RPC_1", "BELTS_RPC_10"}


def test_settings_that_are_wrong(tmp_path: Path) -> None:
    """It does not start, and shows nothing of what may be a key."""
    done = subprocess.run(
        [sys.executable, "-m", "gate.signals.status", "--alias", "x", "--socket", "x"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "BELTS_RPC_1": KEY},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "BELTS_RPC_1" in done.stderr
    assert KEY not in done.stderr
