"""What clients keep of the engine's memory is counted, and one of them cannot keep it all."""

import asyncio
import json

import pytest

from belts.engine.clients.accounts import Account
from belts.engine.clients.address import Client
from belts.engine.clients.held import LITTLE, Held
from belts.engine.clients.kept import Kept
from belts.engine.clients.turns import Busy
from belts.engine.clients.unread import Unread
from belts.engine.serve import sending
from belts.engine.serve.connections import COMING
from belts.engine.serve.http import Application
from tests.unit.engine.serve.wire import Clock, Wire, application, posted, scope, wired

MANY = 400_000
LIVE = "subscription($v: String) { items(where: {name: {_eq: $v}}) { id } }"
STREAM = (
    "subscription($v: String) { items_stream"
    "(batch_size: 1, cursor: {initial_value: {id: 0}}, where: {name: {_eq: $v}}) { id } }"
)


def nothing_held(engine: Application) -> bool:
    return not engine.serving.held.bytes and not engine.serving.accounts.of(Client("10.0.0.7")).held


def test_who_may_keep_what() -> None:
    """An address a quarter, all of them so much; who keeps little is let in where others keep all."""
    held = Held(MANY)
    big = [held.hold(Account(name=str(number))) for number in range(5)]
    with pytest.raises(Busy, match=f"expected at most {MANY // 4} bytes, seen {MANY // 4 + 1}"):
        big[0].keep(MANY // 4 + 1)
    for each in big[:4]:
        each.keep(MANY // 4)
    with pytest.raises(Busy, match="of all clients"):
        big[4].keep(LITTLE + 1)
    big[4].keep(LITTLE)
    held.hold(Account(name="t", trusted=True)).keep(10 * MANY)
    big[0].keep(1)
    assert held.bytes == 3 * MANY // 4 + LITTLE + 1
    for each in (*big, *big):
        each.end()
    assert held.bytes == 0


def test_what_ends_while_it_keeps_more() -> None:
    """It keeps nothing from then on: what was beside it is given back once."""
    held, account = Held(MANY), Account(name="a")
    hold = held.hold(account)
    hold.keep(1_000)
    with hold.beside(500):
        assert held.bytes == 1_500
        hold.end()
    assert held.bytes == held.kept.bytes == account.held == 0
    hold.keep(1_000)
    assert held.bytes == 0


async def test_bodies_that_are_half_sent() -> None:
    """They are counted as they come: who has sent too much of them is refused, and others are not."""
    engine = application(held_bytes=4 * MANY)
    wires = [Wire(engine, scope("http")) for _ in range(5)]
    for wire in wires:
        wire.put({"type": "http.request", "body": bytes(MANY // 4), "more_body": True})
    refused = wires[-1]
    await refused.until(lambda: engine.serving.held.bytes == MANY)
    refused.put({"type": "http.request", "body": b""})
    status, body = await refused.answer()
    assert (status, body["errors"][0]["extensions"]["code"]) == (429, "held-limit-exceeded")
    assert (await posted(engine, {"query": "{ items { id } }"}, client="10.0.0.8"))[0] == 200
    for wire in wires[:-1]:
        wire.put({"type": "http.disconnect"})
    await asyncio.gather(*(wire.task for wire in wires))
    assert nothing_held(engine)


async def test_a_body_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who takes too long to send it loses the connection."""
    monkeypatch.setattr(sending, "READ_S", 0.01)
    monkeypatch.setattr(sending, "LEAST_BYTES_A_SECOND", 10**9)
    engine = application()
    for path in "/v1/graphql", "/v1/metadata":
        wire = Wire(engine, scope("http", path, x_hasura_admin_secret="s"))
        wire.put({"type": "http.request", "body": b"{", "more_body": True})
        await asyncio.wait_for(wire.task, 5)
        assert wire.aborted
        assert not wire.sent
    assert nothing_held(engine)


@pytest.mark.parametrize("query", [LIVE, STREAM])
async def test_subscriptions(query: str) -> None:
    """Each counts with what it was asked by and what it gives to Postgres, until it ends, however it does."""
    engine = application(held_bytes=4 * MANY)
    async with wired(engine) as wire:
        for number in range(4):
            wire.subscribe(str(number), query, v=str(number) * (MANY // 7))
        await wire.until(lambda: "error" in wire.types())
        # What ends is one that was asked for, each other goes on.
        (error,) = [each for each in wire.heard if each["type"] == "error"]
        assert error["payload"][0]["extensions"]["code"] == "held-limit-exceeded"
        serving = engine.serving
        await wire.until(lambda: len(serving.live.cohorts) + len(serving.streams.groups) == 3)
        assert MANY * 6 / 7 < serving.held.bytes <= MANY
        wire.say({"type": "complete", "id": "0"})
        await wire.until(lambda: serving.held.bytes < MANY * 4.1 / 7)
    assert nothing_held(engine)
    assert serving.pace.listening == 0


async def test_queries_of_a_socket() -> None:
    """What has been answered or refused is kept no more."""
    engine = application()
    async with wired(engine) as wire:
        wire.subscribe("1", "{ items { id } }")
        wire.subscribe("2", "{ nothing }")
        await wire.until(lambda: {"complete", "error"} <= set(wire.types()))
        assert nothing_held(engine)


async def test_a_query_that_its_client_ends() -> None:
    """While its statement runs: nothing of it is kept from then on."""
    engine, asked = application(), asyncio.Event()

    async def row(_sql: str, _arguments: object) -> None:
        asked.set()
        await asyncio.Event().wait()

    engine.serving.database.row = row  # type: ignore[method-assign, assignment]
    async with wired(engine) as wire:
        wire.subscribe("1", "query($v: String) { items(where: {name: {_eq: $v}}) { id } }", v="x" * 1_000)
        await asked.wait()
        assert engine.serving.held.bytes > 2_000
        wire.say({"type": "complete", "id": "1"})
        await wire.until(lambda: not engine.serving.turns.running)
        assert nothing_held(engine)


@pytest.mark.parametrize("protocols", [["graphql-transport-ws"], ["unknown"]])
async def test_what_comes_after_the_end(protocols: list[str]) -> None:
    """The server reads on for a while after a socket was closed: nothing of that is kept, or counted."""
    engine, of = application(), scope("websocket") | {"subprotocols": protocols}
    wire = Wire(engine, of)
    wire.put({"type": "websocket.connect"})
    wire.say({"type": "subscribe", "id": "1", "payload": {}})
    await wire.task
    assert wire.sent[-1]["type"] == "websocket.close"
    assert not of["extensions"][COMING](100_000)
    assert nothing_held(engine)


async def test_what_is_kept_of_all_clients() -> None:
    """What waits to be read and what is held is one sum; at its end, who comes is told to come again."""
    engine = application(kept_bytes=MANY)
    reading = engine.serving.unread.reading(Account(name="r"), lambda: None)
    engine.serving.unread.add(reading, MANY)
    body = {"query": "{ items { id } }", "variables": {"v": "x" * 2 * LITTLE}}
    wire = Wire(engine, scope("http"))
    wire.put({"type": "http.request", "body": json.dumps(body).encode()})
    status, answer = await wire.answer()
    assert (status, answer["errors"][0]["extensions"]["code"]) == (503, "held-limit-exceeded")
    assert (b"retry-after", b"1") in wire.sent[0]["headers"]
    assert (await posted(engine, {"query": "{ items { id } }"}))[0] == 200
    engine.serving.unread.end(reading)
    assert engine.serving.held.kept.bytes == 0


def test_readers_make_room() -> None:
    """Who does not read is dropped where others' requests and its answers are too much together."""
    kept, dropped = Kept(MANY), list[str]()
    clock = Clock()
    held, unread = Held(MANY, kept), Unread(MANY, clock, kept)
    held.hold(Account(name="h")).keep(MANY // 4)
    slow = unread.reading(Account(name="s"), lambda: dropped.append("s"))
    unread.add(slow, MANY // 2)
    clock.now += 1
    quick = unread.reading(Account(name="q"), lambda: dropped.append("q"))
    unread.add(quick, MANY // 2)
    assert dropped == ["s"]
    assert kept.bytes == MANY // 4 + MANY // 2
