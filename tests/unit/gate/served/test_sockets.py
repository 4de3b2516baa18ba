"""Connections of subscribers that break off, and a serving belt that refuses, or is only broken."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from gate.endpoints import Belt, Endpoints, Side
from gate.observations.followed import Pushed
from gate.observations.graphql import Role
from gate.observations.unobserved import Cause, Unobserved
from gate.probes.served import followed, listening, subscribed, today
from gate.probes.served.door import Door
from gate.probes.served.listening import Listening
from gate.probes.served.pace import Pace
from gate.probes.served.shape import Shape
from gate.probes.served.subscribed import Streamed, patiently
from gate.probes.served.table import Selection, Span
from gate.probes.served.websocket import Subscriber
from gate.probes.unseen import SlowError, UnseenError
from gate.probes.world import World
from gate.secret import Address, Secret
from tests.unit.gate.chain.strict import world
from tests.unit.gate.core.builders import introspection
from tests.unit.gate.served.test_shape import TRANSFER, shape

OFFERING = "type Row { id: Int } type query_root { Transfer: [Row!] } type subscription_root %s"
OFFERS = OFFERING % "{ Transfer: [Row!] } schema { query: query_root subscription: subscription_root }"
WITHOUT = "type Row { id: Int } type query_root { Transfer: [Row!] } schema { query: query_root }"
ROWS = {"rows": [{"chainId": 1, "progressBlock": 12}]}

Say = Callable[[ServerConnection, str], Awaitable[None]]


async def answers(wire: ServerConnection, mine: str) -> None:
    """One answer, and no end."""
    await tell(wire, mine, data=ROWS)


async def breaks(wire: ServerConnection, _: str) -> None:
    """The connection ends without a word."""
    wire.transport.abort()


async def fails(wire: ServerConnection, _: str) -> None:
    await wire.close(1011, "out of memory")


async def refuses(wire: ServerConnection, mine: str) -> None:
    await wire.send(
        orjson.dumps({"id": mine, "type": "error", "payload": [{"message": "not here"}]}).decode()
    )


async def mumbles(wire: ServerConnection, _: str) -> None:
    await wire.send("what?")


async def half(wire: ServerConnection, mine: str) -> None:
    await tell(wire, mine, data=ROWS, errors=[{"message": "one shard is missing"}])


async def ends(wire: ServerConnection, mine: str) -> None:
    await wire.send(orjson.dumps({"id": mine, "type": "complete"}).decode())


async def answers_and_breaks(wire: ServerConnection, mine: str) -> None:
    await answers(wire, mine)
    await asyncio.sleep(0.02)
    await breaks(wire, mine)


async def tell(wire: ServerConnection, mine: str, **payload: object) -> None:
    await wire.send(orjson.dumps({"id": mine, "type": "next", "payload": payload}).decode())


@dataclass
class Serving:
    """A GraphQL server: what it does with each connection's subscription, one after the other."""

    says: list[Say]
    door: Callable[[ServerConnection, Request], Response | None] = lambda _, __: None
    init: Say | None = None
    asked: list[str] = field(default_factory=list)

    async def handle(self, wire: ServerConnection) -> None:
        async for text in wire:
            message = orjson.loads(text)
            if message["type"] == "connection_init":
                if self.init is not None:
                    await self.init(wire, "")
                    return
                await wire.send('{"type":"connection_ack"}')
            elif message["type"] == "subscribe":
                self.asked.append(message["payload"]["query"])
                say = self.says.pop(0) if len(self.says) > 1 else self.says[0]
                await say(wire, message["id"])

    @asynccontextmanager
    async def up(self) -> AsyncIterator[Address]:
        names = [Subprotocol("graphql-transport-ws")]
        async with serve(
            self.handle, "127.0.0.1", 0, subprotocols=names, process_request=self.door
        ) as server:
            [socket] = server.sockets
            yield Address(f"http://127.0.0.1:{socket.getsockname()[1]}/v1/graphql")


def not_there(wire: ServerConnection, _: Request) -> Response:
    return wire.respond(HTTPStatus.NOT_FOUND, "no sockets")


def gone(wire: ServerConnection, _: Request) -> None:
    wire.transport.abort()


async def denies(wire: ServerConnection, _: str) -> None:
    await wire.close(4403, "forbidden")


def told_by(address: Address, sdl: str = OFFERS, *, role: str = Role.PUBLIC) -> World:
    """A run in which this address is both belts, and introspection says what `sdl` does."""

    def introspected(request: httpx.Request) -> httpx.Response:
        assert request.headers.get("x-hasura-role", Role.PUBLIC) == role
        return httpx.Response(200, json={"data": introspection(sdl)})

    belt = Belt(graphql=address, admin_secret=Secret("admin"))
    return replace(world(introspected), endpoints=Endpoints(serving=belt, candidate=belt))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (listening, subscribed):
        monkeypatch.setattr(module, "PAUSE", 0.01)


async def asked(address: Address, number: int = 1) -> list[str]:
    here = told_by(address)
    async with Subscriber(world=here, side=Side.CANDIDATE, role=Role.PUBLIC) as subscriber:
        return await patiently(
            Pace(rate=1000), lambda: subscriber.told("subscription A { x }", {}, 1.0, number=number)
        )


@pytest.mark.parametrize("first", [breaks, fails])
async def test_a_connection_that_breaks_off_once(first: Say) -> None:
    """It is opened again, as consumers' clients do."""
    serving = Serving([first, answers])
    async with serving.up() as address:
        assert len(await asked(address)) == 1
    assert len(serving.asked) == 2


async def test_a_handshake_that_breaks_off() -> None:
    """Nobody has said that there are no subscriptions: that is no refusal."""
    for serving in (Serving([answers], door=gone), Serving([answers], init=breaks)):
        async with serving.up() as address:
            with pytest.raises(UnseenError) as raised:
                await asked(address)
            assert raised.value.unobserved.cause is Cause.UNREACHABLE


@pytest.mark.parametrize(
    ("serving", "sdl", "expected"),
    [
        (Serving([answers]), OFFERS, True),
        (Serving([answers], door=not_there), OFFERS, False),
        (Serving([answers], init=denies), OFFERS, False),
        (Serving([refuses]), WITHOUT, False),
        (Serving([refuses]), OFFERS, Cause.BAD_ANSWER),
        (Serving([mumbles]), OFFERS, Cause.BAD_ANSWER),
        (Serving([half]), OFFERS, Cause.BAD_ANSWER),
        (Serving([ends]), OFFERS, Cause.BAD_ANSWER),
        (Serving([fails]), WITHOUT, Cause.UNREACHABLE),
        (Serving([answers], door=gone), WITHOUT, Cause.UNREACHABLE),
        (Serving([answers], init=fails), WITHOUT, Cause.UNREACHABLE),
    ],
)
async def test_what_can_be_followed_today(serving: Serving, sdl: str, expected: bool | Cause) -> None:
    """Only what the serving belt refuses in words, or does not offer, excuses the candidate."""
    async with serving.up() as address:
        here = told_by(address, sdl)
        found = await followed._today("Transfer", Door(world=here, role=Role.PUBLIC, pace=Pace(rate=1000)))
    assert (found.cause if isinstance(found, Unobserved) else found) == expected


@pytest.mark.parametrize(("sdl", "offered"), [(OFFERS, True), (WITHOUT, False)])
async def test_what_a_role_gets_today(sdl: str, *, offered: bool) -> None:
    """It is asked of the serving belt as that role."""
    here = told_by(Address("http://belt.test"), sdl, role="partner")
    assert await today.followed(here, "partner", "Transfer") is offered
    assert await today.asked(here, "partner", "Transfer") is True
    assert await today.asked(here, "partner", "Badge") is False
    nobody = replace(here, endpoints=replace(here.endpoints, serving=None))
    assert await today.asked(nobody, "partner", "Transfer") is None


async def heard(monkeypatch: pytest.MonkeyPatch, *says: Say) -> Pushed | Unobserved:
    """What is said of a view of the progress whose server does this with one connection after the other."""

    async def chains(_: Any) -> dict[int, dict[str, object]]:
        return {1: {"id": 1, "progress_block": 12}}

    monkeypatch.setattr(listening, "chains_of", chains)
    monkeypatch.setattr(listening, "PATIENCE", 2.0)
    async with Serving(list(says)).up() as address:
        subscriber = Subscriber(world=told_by(address), side=Side.CANDIDATE, role=Role.PUBLIC)
        following = Listening(
            view="_meta",
            names=("chainId", "progressBlock"),
            database=object(),  # type: ignore[arg-type]
            subscriber=subscriber,
        )
        async with following:
            return await following.told()


async def test_a_listener_whose_connection_breaks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """It listens on another; where nothing is ever told, nobody can tell."""
    found = await heard(monkeypatch, breaks, breaks, answers)
    assert isinstance(found, Pushed)
    assert (found.again, found.wrong) == (2, ())
    never = await heard(monkeypatch, breaks)
    assert isinstance(never, Unobserved)
    assert never.cause is Cause.UNREACHABLE


async def test_a_listener_that_is_always_told_something(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often its connection breaks off, it goes on."""
    found = await heard(monkeypatch, *[answers_and_breaks] * 5, answers)
    assert isinstance(found, Pushed)
    assert not found.wrong


def in_batches(*batches: list[int]) -> Say:
    async def say(wire: ServerConnection, mine: str) -> None:
        for batch in batches:
            await tell(wire, mine, data={"rows": [{"id": str(number)} for number in batch]})

    return say


async def streamed(*batches: list[int]) -> list[str]:
    """The keys that a stream gives of a span that is known to hold four rows."""
    serving = Serving([in_batches(*batches)])
    of: Shape = shape(TRANSFER)
    selection = Selection(shape=of, forms={}, ways=())
    async with serving.up() as address:
        here = told_by(address)
        async with Subscriber(world=here, side=Side.CANDIDATE, role=Role.PUBLIC) as subscriber:
            streams = Streamed(
                world=here,
                role=Role.PUBLIC,
                pace=Pace(rate=1000),
                subscriber=subscriber,
                begins=frozenset({"0"}),
                halved={"0": 4},
            )
            found = await streams.rows(selection, Span(above="0", until="4"), limit=1000)
    return [row["id"] for row in found]


async def test_the_second_batch_of_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one of what is compared; a stream that stops after its first batch has not answered."""
    assert await streamed([1, 2], [3, 4]) == ["1", "2", "3", "4"]
    assert await streamed([1, 2], [2, 9]) == ["1", "2", "2", "9"]
    monkeypatch.setattr(subscribed, "EXCHANGE_SECONDS", 0.1)
    with pytest.raises(SlowError, match="after 1 answer"):
        await streamed([1, 2])
