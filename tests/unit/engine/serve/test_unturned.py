"""What takes no turn is answered as often as messages are read: a flood of it keeps nobody else waiting."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from belts.engine.clients.accounts import MESSAGES_AT_ONCE
from belts.engine.clients.address import Client
from belts.engine.serve.http import Application
from tests.unit.engine.serve.wire import SECRET, Clock, Wire, application, scope

MOST = 5
ONE, TWO = "10.0.0.1", "10.0.0.2"


def engine() -> Application:
    made = application(address_operations=MOST)
    made.serving.accounts.clock = Clock()
    return made


def looked(of: Application, client: str, path: str = "/v1/version", **headers: str) -> Wire:
    return Wire(of, scope("http", path, client=client, **headers) | {"method": "GET"})


@contextlib.asynccontextmanager
async def flooded(of: Application, path: str) -> AsyncIterator[list[Wire]]:
    """A client that has asked as often as it may at once, and asks on."""
    for _ in range(int(MESSAGES_AT_ONCE)):
        await looked(of, ONE, path).answer()
    wires = [looked(of, ONE, path) for _ in range(20)]
    try:
        await asyncio.sleep(0)
        yield wires
    finally:
        for wire in wires:
            wire.task.cancel()
        await asyncio.gather(*(wire.task for wire in wires), return_exceptions=True)


@pytest.mark.parametrize("path", ["/v1/version", "/nowhere"])
async def test_a_flood(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many wait as may have operations, and the rest loses its connection; others are answered."""
    of, slept = engine(), asyncio.sleep

    async def sleep(delay: float) -> None:
        await slept(1_000 if delay else 0)

    async with flooded(of, path) as wires:
        for wire in wires:
            wire.task.cancel()
        monkeypatch.setattr("belts.engine.serve.http.asyncio.sleep", sleep)
        wires += [looked(of, ONE, path) for _ in range(20)]
        await slept(0.01)
        account = of.serving.accounts.of(Client(ONE))
        assert account.operations == MOST
        assert sum(wire.aborted for wire in wires) >= 20 - MOST
        assert not any(wire.sent for wire in wires[-20:])
        status, _ = await looked(of, TWO).answer()
        assert status == 200
    assert account.operations == 0


async def test_who_waits() -> None:
    """It is answered, a little later."""
    of = engine()
    async with flooded(of, "/v1/version") as wires:
        assert (await wires[0].answer())[0] == 200


async def test_who_is_trusted() -> None:
    """The admin is told of each of its mistakes at once."""
    of = engine()
    for _ in range(int(MESSAGES_AT_ONCE) * 2):
        wire = looked(of, ONE, "/v1/readers", x_hasura_admin_secret=SECRET)
        wire.put({"type": "http.request", "body": b"{}"})
        status, _ = await wire.answer()
        assert status == 200
    assert of.serving.accounts.of(Client(ONE)).operations == 0


async def test_what_has_had_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waited there, and does not wait again."""
    of = engine()
    for _ in range(int(MESSAGES_AT_ONCE) + 10):
        wire = Wire(of, scope("http", client=ONE))
        wire.put({"type": "http.request", "body": b'{"query": "{ items { id } }"}'})
        assert (await wire.answer())[0] == 200
    account = of.serving.accounts.of(Client(ONE))
    assert account.answers is None


async def test_a_flood_of_sockets() -> None:
    """They are opened as often; who would wait too long for the next one loses its connection."""
    of = engine()
    address = of.serving.accounts.of(Client(ONE))
    for _ in range(2_000):
        address.opening(of.serving.accounts.clock())
    wire = Wire(of, scope("websocket", client=ONE))
    await wire.until(lambda: wire.aborted)
    other = Wire(of, scope("websocket", client=TWO))
    other.put({"type": "websocket.connect"})
    await other.until(lambda: other.sent)
    other.task.cancel()
    await asyncio.gather(other.task, return_exceptions=True)
