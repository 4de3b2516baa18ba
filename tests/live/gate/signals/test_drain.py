"""A subscription across a swap: real engines behind a real Caddy, and a client that comes back by itself."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import psutil
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from belts.runtimes.process import lease_files
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.host import Host
from belts.runtimes.process.supervise import drain
from gate.alias import directory as alias
from gate.alias.directory import Directory
from gate.alias.leases import Leases
from gate.alias.move import arrival, subscribers
from gate.alias.move.writer import Limits, Writer
from gate.alias.order.wanted import Wanted
from gate.alias.sight import IdentityProbe, Sight
from gate.alias.state import Served, Standing, first
from gate.ledger import Author, Ledger
from gate.secret import Address
from tests.conftest import Ports
from tests.identities import identity
from tests.live.belts.doors import Door, door
from tests.live.gate.alias.confirmed import Confirmed
from tests.live.gate.ledgers import opened
from tests.live.gate.verdicts import POLICY, passed
from tests.live.hosts import Hosts, answers, wait_until
from tests.live.small import small

pytestmark = pytest.mark.live

DRAINED_WITHIN = 3.0
QUESTION = "subscription { who { name } }"


@dataclass(frozen=True)
class Stage:
    """A gateway over two belts of a host, whose one row says which belt it is."""

    gateway: Door
    hosts: Hosts
    dials: dict[str, str]

    def serve(self, belt: str) -> Served:
        to = Standing(belt=belt, identity=belt, dial=self.dials[belt], heights={})
        before = alias.read(self.gateway.alias)
        after = (
            first(to, since="", move=None, certificate=None)
            if before is None
            else before.promoted(to, left={}, since="", move=None, certificate=None)
        )
        Directory(self.gateway.alias, "gateway").swap(after)
        return after

    def pid(self, belt: str) -> int:
        return self.hosts.pids(belt)["engine"]


@pytest.fixture(scope="module")
def stage(session_hosts: Hosts, ports: Ports) -> Iterator[Stage]:
    names = {"blue": "drain-blue", "green": "drain-green"}
    dials = {belt: small(session_hosts, ports, belt) for belt in names.values()}
    with door(ports.one()) as gateway:
        yield Stage(gateway=gateway, hosts=session_hosts, dials=dials)
    for belt in names.values():
        assert session_hosts.run("remove", "--all", "--root", str(session_hosts.root), belt).code == 0


@asynccontextmanager
async def subscribed(gateway: Door) -> AsyncIterator[tuple[ClientConnection, str]]:
    """A consumer's open subscription through the gateway, and the belt that answered it first."""
    url = f"{gateway.url.replace('http', 'ws')}/v1/graphql"
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as wire:
        await wire.send(json.dumps({"type": "connection_init"}))
        await wire.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": QUESTION}}))
        yield wire, await _named(wire)


async def _named(wire: ClientConnection) -> str:
    while True:
        message = json.loads(await asyncio.wait_for(wire.recv(), 10))
        assert message["type"] in {"connection_ack", "ping", "next"}, message
        if message["type"] == "next":
            return str(message["payload"]["data"]["who"][0]["name"])


async def test_a_subscription_across_a_swap(stage: Stage) -> None:
    """The old belt closes it with 1001 within the drain time; the client comes back to the new belt."""
    stage.serve("drain-blue")
    async with subscribed(stage.gateway) as (wire, before), subscribed(stage.gateway) as (other, _):
        assert before == "drain-blue"
        after = stage.serve("drain-green")
        began = time.monotonic()
        await asyncio.to_thread(subscribers.follow, Host(stage.hosts.root), after)
        for each in (wire, other):
            assert await _closed_with(each) == 1001
        took = time.monotonic() - began
        async with subscribed(stage.gateway) as (_, named):
            assert named == "drain-green"
    assert took < DRAINED_WITHIN


async def _until_closed(wire: ClientConnection) -> None:
    while True:
        await wire.recv()


async def test_moves_of_the_writer(stage: Stage, database: str) -> None:
    """A promotion and a rollback send subscribers after the alias, without anybody asking for it."""
    Directory(stage.gateway.alias, "gateway").clear()
    try:
        with opened(database, HERE) as ledger:
            await promote(stage, ledger, "drain-blue")
            async with subscribed(stage.gateway) as (wire, before):
                await promote(stage, ledger, "drain-green")
                left = await _closed_with(wire)
            async with subscribed(stage.gateway) as (wire, then):
                await move(stage, ledger, "drain-blue")
                left_again = await _closed_with(wire)
            async with subscribed(stage.gateway) as (_, after):
                pass
    finally:
        for belt in stage.dials:
            lease_files.end(stage.hosts.root / belt, gateway="gateway", at=datetime.now(UTC))
    assert (before, left) == ("drain-blue", 1001)
    assert (then, left_again) == ("drain-green", 1001)
    assert after == "drain-blue"


HERE = Author(gateway="gateway", stack="gateway", who="ada")


async def promote(stage: Stage, ledger: Ledger, belt: str) -> None:
    before = ledger.serving()
    verdict = passed(
        belt,
        identity(belt).digest,
        serving=before.belt if before else None,
        serving_identity=before.identity if before else None,
        heights={1: 100},
    )
    ledger.record_verdict(verdict)
    await move(stage, ledger, belt)


async def move(stage: Stage, ledger: Ledger, belt: str) -> None:
    def probe(belt: str) -> IdentityProbe:
        async def look() -> Sight:
            return Sight(seed=identity(belt).seed, heights={1: 100})

        return look

    def wanted(belt: str) -> Wanted:
        return Wanted(belt=belt, dial=stage.dials[belt], declared=identity(belt), probe=probe(belt))

    async with arrival.opened(Address(f"{stage.gateway.url}/v1/graphql")) as gateway:
        writer = Writer(
            store=Directory(stage.gateway.alias, "gateway"),
            ledger=ledger,
            policy=POLICY,
            connections=gateway,
            leases=Leases(gateway="gateway", place=Host(stage.hosts.root), soak=timedelta(hours=8)),
            others={belt: wanted(belt) for belt in stage.dials},
            again=Confirmed(),
            lift=None,
            limits=Limits(),
        )
        await writer.move(wanted(belt))


async def _closed_with(wire: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        await asyncio.wait_for(_until_closed(wire), DRAINED_WITHIN)
    assert closed.value.rcvd is not None
    return int(closed.value.rcvd.code)


async def test_the_belt_that_serves(stage: Stage) -> None:
    """Its own subscriptions stay open, and its engine is the same process as before."""
    stage.serve("drain-green")
    pid = stage.pid("drain-blue")
    async with subscribed(stage.gateway) as (wire, named):
        assert named == "drain-green"
        assert drain.sockets(Layout(root=stage.hosts.root, belt="drain-blue")) is None
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_until_closed(wire), 1.0)
    assert stage.pid("drain-blue") == pid


async def test_an_operator_who_drains(stage: Stage) -> None:
    """The command does the same, and says so."""
    stage.serve("drain-green")
    async with subscribed(stage.gateway) as (wire, _):
        done = await asyncio.to_thread(
            stage.hosts.run, "drain", "--root", str(stage.hosts.root), "drain-green"
        )
        assert (done.code, done.said.strip()) == (0, "drain-green: its subscribers were sent away")
        assert await _closed_with(wire) == 1001


def test_an_engine_that_has_just_begun(stage: Stage) -> None:
    """It does not handle the signal yet and would die of it, so it is not sent."""
    layout = Layout(root=stage.hosts.root, belt="drain-blue")
    for _ in range(3):
        before = stage.pid("drain-blue")
        os.kill(before, signal.SIGKILL)
        wait_until(partial(_is_another, stage, before), "a new engine")
        begun = stage.pid("drain-blue")
        assert drain.sockets(layout) is None
        wait_until(partial(answers, f"http://{stage.dials['drain-blue']}/healthz"), "the engine")
        assert stage.pid("drain-blue") == begun


def _is_another(stage: Stage, before: int) -> bool:
    return stage.hosts.pids("drain-blue").get("engine") not in {0, None, before}


def test_a_supervisor_that_hangs(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """It is waited for no longer than a few seconds, and what was not done is told."""
    supervisor = psutil.Process(stage.hosts.pids("drain-blue")["supervisord"])
    left = Standing(belt="drain-blue", identity="", dial=stage.dials["drain-blue"], heights={})
    supervisor.suspend()
    try:
        subscribers.send_away(Host(stage.hosts.root), left)
    finally:
        supervisor.resume()
    assert "open subscriptions to drain-blue were not closed" in capsys.readouterr().err


def test_a_belt_of_another_host(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing can be done from here, and that is told."""
    subscribers.send_away(Host(tmp_path), Standing(belt="far", identity="", dial="10.0.0.1:1", heights={}))

    assert "far does not run on this host" in capsys.readouterr().err


def test_a_belt_that_is_down(stage: Stage) -> None:
    """Its sockets died with it."""
    root = stage.hosts.root
    os.kill(stage.hosts.pids("drain-blue")["supervisord"], signal.SIGKILL)
    wait_until(lambda: stage.hosts.status("drain-blue")["supervisor"] is None, "the end of the supervisor")

    assert drain.sockets(Layout(root=root, belt="drain-blue")) is None
    assert stage.hosts.run("heal", "--root", str(root), "drain-blue").code == 0
