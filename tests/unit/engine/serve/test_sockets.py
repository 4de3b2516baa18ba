"""What an address may have open and say on its WebSockets, and what is not held against it."""

from functools import partial
from typing import Any

import pytest

from belts.engine.clients import accounts
from belts.engine.clients.accounts import Account
from belts.engine.clients.address import Client
from belts.engine.clients.unread import Unread
from belts.engine.errors import EngineError
from belts.engine.planner.jobs import Job, Read, World
from belts.engine.planner.process import Charge
from belts.engine.serve import ws
from belts.engine.serve.http import Application
from belts.engine.serve.outbox import Outbox
from belts.engine.serve.preparing import LIGHT
from belts.engine.serve.sockets import Sockets
from tests.unit.engine.serve.wire import Beside, Clock, Wire, application, scope, wired

LIVE = "subscription { items { id } }"


def account(engine: Application) -> Account:
    return engine.serving.accounts.of(Client("10.0.0.7"))


@pytest.fixture
def beating(monkeypatch: pytest.MonkeyPatch) -> None:
    """A beat every now and then."""
    monkeypatch.setattr(ws, "_KEEP_ALIVE", 0.02)
    monkeypatch.setattr(ws, "_INIT_TIMEOUT", 0.5)


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


def large(identity: str) -> dict[str, object]:
    query = "{ items { id } } #" + "x" * LIGHT
    return {"type": "subscribe", "id": identity, "payload": {"query": query}}


async def test_a_large_message_before_anything() -> None:
    """Nothing is work to read before somebody has said who it is."""
    engine = application()
    async with wired(engine, ready=False) as wire:
        wire.say({"type": "connection_init", "payload": "x" * LIGHT})
        await wire.task
        assert wire.sent[-1]["code"] == 4400


async def test_a_large_message_takes_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read when there is one, or a little later: nobody is thrown out because the engine is busy."""
    monkeypatch.setattr(ws, "_PAUSE", 0.001)
    engine = application()
    ask, fails = engine.serving.preparing.planner.ask, [True, True, False]

    async def asked(account: Account, world: World, job: Job, charge: Charge) -> Any:
        if isinstance(job, Read):
            assert len(engine.serving.turns.running) == 1
            if fails.pop(0):
                raise EngineError("busy", code="heavy-limit-exceeded")
        return await ask(account, world, job, charge)

    monkeypatch.setattr(engine.serving.preparing.planner, "ask", asked)
    async with wired(engine) as wire:
        wire.say(large("1"))
        await wire.until(lambda: wire.types() == ["connection_ack", "next", "complete"])


async def test_a_large_message_counts() -> None:
    """Who sends much that is slow to read is slow."""
    planner = Beside()
    engine, planner.seconds = application(planner), 0.5
    async with wired(engine) as wire:
        wire.say({"type": "ping", "payload": "x" * LIGHT})
        await wire.until(lambda: "pong" in wire.types())
        assert account(engine).is_slow(engine.serving.turns.clock())


async def test_a_large_message_that_is_none() -> None:
    """It ends the socket, as every other does that cannot be read."""
    async with wired(application()) as wire:
        wire.put({"type": "websocket.receive", "text": "x" * (LIGHT + 1)})
        await wire.task
        assert wire.sent[-1]["code"] == 4400


async def test_what_nobody_foresaw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asked hears that it has failed, and nothing of it is kept: when it begins, and planned anew."""
    engine = application()

    async def of(*_: Any) -> Any:
        raise OSError

    async with wired(engine) as wire:
        wire.subscribe("1", LIVE)
        await wire.until(lambda: "next" in wire.types())
        monkeypatch.setattr(engine.serving.preparing, "of", of)
        engine.serving.replan()
        await wire.until(lambda: wire.types().count("error") == 1)
        wire.subscribe("2", LIVE)
        await wire.until(lambda: wire.types().count("error") == 2)
        assert wire.heard[-1]["payload"][0]["message"] == "internal error"
        assert (engine.serving.held.bytes, account(engine).operations) == (0, 0)


@pytest.mark.parametrize("for_long", [False, True])
async def test_planned_anew_when_all_are(monkeypatch: pytest.MonkeyPatch, *, for_long: bool) -> None:
    """A change has every socket plan at once: who is told that it is too many comes again, for a while."""
    monkeypatch.setattr(ws, "_PAUSE", 0.001)
    engine, clock = application(), Clock()
    engine.serving.accounts.clock = clock
    of, tries = engine.serving.preparing.of, [0]

    async def crowded(*asked: Any) -> Any:
        tries[0] += 1
        clock.now += 1
        if for_long or tries[0] < 5:
            raise EngineError("busy", code="heavy-limit-exceeded")
        return await of(*asked)

    async with wired(engine) as wire:
        wire.subscribe("1", LIVE)
        await wire.until(lambda: "next" in wire.types())
        monkeypatch.setattr(engine.serving.preparing, "of", crowded)
        engine.serving.replan()
        await wire.until(lambda: "error" in wire.types() or wire.types().count("next") == 2)
        assert tries[0] == (60 if for_long else 5)
        assert ("error" in wire.types()) == for_long


async def test_guesses_over_a_socket() -> None:
    """They are as many as operations, on one socket as well."""
    engine = application()
    of = scope("websocket", x_belts_rate="2") | {"subprotocols": ["graphql-ws"]}
    wire = Wire(engine, of)
    wire.put({"type": "websocket.connect"})
    for number in range(10):
        headers = {"x-hasura-admin-secret": f"guess {number}"}
        wire.say({"type": "connection_init", "payload": {"headers": headers}})
    await wire.task
    assert wire.types() == ["connection_error"] * 3
    assert wire.sent[-1]["code"] == 4403


@pytest.mark.parametrize("path", ["/v1/metadata", "/v1/readers"])
async def test_guesses_elsewhere(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """They count wherever they are made, and nothing is read of who is not the admin."""
    monkeypatch.setattr("belts.engine.serve.http._PAUSE", 0)
    engine = application()
    method = {"method": "GET" if path == "/v1/readers" else "POST"}
    answers = []
    for _ in range(4):
        wire = Wire(engine, scope("http", path, x_belts_rate="1", x_hasura_admin_secret="guess") | method)
        answers.append((await wire.answer())[0])
    assert answers == [401, 401, 429, 429]
    wire = Wire(engine, scope("http", path) | method)
    assert (await wire.answer())[1]["code"] == "access-denied"


class Open:
    """A socket that is told to go, and takes its time."""

    def __init__(self, address: Account, *, idle: bool = False) -> None:
        self.address = address
        self.idle = idle
        self.told = 0

    def close(self, code: int, _reason: str) -> None:
        assert code == 1013
        self.told += 1

    def replan(self) -> None:
        raise AssertionError


def test_all_sockets_are_taken() -> None:
    """For each that is let in another one is told to go, idle ones first, and the limit holds."""
    sockets, many, few = Sockets(10), Account(name="many"), [Account(name=str(n)) for n in range(3)]
    taken = [Open(many, idle=number > 6) for number in range(10)]
    for each in taken:
        assert sockets.room(many)
        sockets.add(each)
    assert not sockets.room(many)
    for number in range(7):
        assert sockets.room(few[number % 3])
        sockets.add(Open(few[number % 3]))
        assert len(sockets) == len(list(sockets)) == 10
    assert [each.told for each in taken if each.idle] == [1, 1, 1]
    assert sum(each.told for each in taken) == 7
    assert not any(sockets.room(address) for address in (*few, many))
    for each in taken:
        sockets.discard(each)
    assert len(sockets) == 7


async def test_a_newer_answer_is_not_one_that_was_read() -> None:
    """Who reads nothing is shed first, however often what waits for it is replaced."""
    engine, clock, dropped = application(), Clock(), list[str]()
    unread = engine.serving.unread = Unread(1_000, clock)
    stuck = unread.reading(Account(name="stuck"), lambda: dropped.append("stuck"))
    reads = unread.reading(Account(name="reads"), lambda: dropped.append("reads"))
    outbox = Outbox(9, 9_000, partial(unread.add, stuck))
    outbox.put(b"a" * 400, "q")
    clock.now += 20
    unread.add(reads, 400)
    clock.now += 5
    outbox.put(b"b" * 400, "q")
    outbox.put(b"c" * 390, "q")
    unread.add(reads, 300)
    assert dropped == ["stuck"]
    outbox.drop("q")
    assert unread.bytes == 700
