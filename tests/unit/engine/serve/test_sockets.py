"""What an address may have open and say on its WebSockets, and what is not held against it."""

import pytest

from belts.engine.clients import accounts
from belts.engine.clients.accounts import Account
from belts.engine.clients.address import Client
from belts.engine.serve import ws
from belts.engine.serve.http import Application
from tests.unit.engine.serve.wire import Clock, application, wired

LIVE = "subscription { items { id } }"


def account(engine: Application) -> Account:
    return engine.serving.accounts.of(Client("10.0.0.7"))


@pytest.fixture
def beating(monkeypatch: pytest.MonkeyPatch) -> None:
    """A beat every now and then."""
    monkeypatch.setattr(ws, "_KEEP_ALIVE", 0.005)
    monkeypatch.setattr(ws, "_INIT_TIMEOUT", 0.01)


@pytest.mark.usefixtures("beating")
async def test_pongs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who answers to a ping has said nothing: what it has to say is read as before."""
    monkeypatch.setattr(accounts, "MESSAGES", 0.01)
    monkeypatch.setattr(accounts, "MESSAGES_AT_ONCE", 0.1)
    engine = application(address_sockets=1)
    engine.serving.accounts.clock = Clock()
    async with wired(engine) as wire:
        for number in range(20):
            await wire.until(lambda number=number: wire.types().count("ping") > number)
            wire.say({"type": "pong"})
        wire.say({"type": "ping"})
        await wire.until(lambda: "pong" in wire.types())


@pytest.mark.parametrize("stream", [False, True])
async def test_values_of_a_subscription(*, stream: bool) -> None:
    """What one variable comes to in a thousand places is counted, in a stream as in all else."""
    engine = application(value_bytes=1_000_000)
    asked = (
        "items_stream(batch_size: 1, cursor: {initial_value: {id: 0}}, where: %s)"
        if stream
        else "items(where: %s)"
    )
    where = "{_or: [%s]}" % ("{name: {_eq: $v}} " * 1_001)
    async with wired(engine) as wire:
        wire.subscribe("1", "subscription($v: String) { " + asked % where + " { id } }", v="x" * 1_000)
        await wire.until(lambda: wire.types() == ["connection_ack", "error"])
        assert wire.heard[1]["payload"][0]["extensions"]["code"] == "value-limit-exceeded"
        assert not engine.serving.streams.groups
        assert not engine.serving.pace.listening


@pytest.mark.usefixtures("beating")
async def test_when_a_socket_is_idle() -> None:
    """Ten seconds after something was asked on it: those who connect again all at once have time to ask."""
    engine, clock = application(), Clock()
    engine.serving.accounts.clock = clock
    async with wired(engine) as wire:
        await wire.until(lambda: "ping" in wire.types())
        assert account(engine).idle == 0
        clock.now += 10
        await wire.until(lambda: account(engine).idle == 1)
        wire.subscribe("1", LIVE)
        await wire.until(lambda: "next" in wire.types())
        assert account(engine).idle == 0
        wire.say({"type": "complete", "id": "1"})
        wire.say({"type": "ping"})
        await wire.until(lambda: "pong" in wire.types())
        assert account(engine).idle == 0
        clock.now += 10
        await wire.until(lambda: account(engine).idle == 1)
    assert (account(engine).idle, account(engine).sockets) == (0, 0)
