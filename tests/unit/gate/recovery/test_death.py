"""Dead is only what shows no sign of life at all, again and again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from gate.endpoints import Belt
from gate.recovery.death import Death, watch, watching
from gate.secret import Address, Secret

NOW = timedelta()
Ports = Callable[[], int]


@asynccontextmanager
async def saying(port: int, answer: bytes | None) -> AsyncIterator[None]:
    """A server that says one thing to everybody; None is one that takes connections and never speaks."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer is not None:
            await reader.read(100)
            writer.write(answer)
            await writer.drain()
        else:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()


def http(status: str, *, belt: str = "") -> bytes:
    named = f"X-Belt: {belt}\r\n" if belt else ""
    return f"HTTP/1.1 {status}\r\n{named}Content-Length: 2\r\nConnection: close\r\n\r\n{{}}".encode()


def belt(engine: int, database: int) -> Belt:
    return Belt(
        graphql=Address(f"http://127.0.0.1:{engine}/v1/graphql"),
        database=Secret(f"postgresql://gate:hush-hush@127.0.0.1:{database}/belt"),
    )


async def seen(of: Belt, alias: Address | None = None) -> Death:
    return await watch(of, alias, name="blue", looks=2, apart=NOW)


async def test_nothing_answers(free_port: Ports) -> None:
    """Neither door takes a connection, in any look."""
    assert await seen(belt(free_port(), free_port())) == Death(alive="", looks=2)


@pytest.mark.parametrize(
    ("answer", "dead"),
    [
        (http("200 OK"), False),
        (http("500 Internal Server Error"), False),
        (http("404 Not Found"), False),
        (http("401 Unauthorized"), False),
        (b"no HTTP at all", False),
        (http("502 Bad Gateway"), True),
        (http("503 Service Unavailable"), True),
        (http("504 Gateway Timeout"), True),
    ],
)
async def test_something_at_its_engine(free_port: Ports, answer: bytes, dead: bool) -> None:
    """Only an edge that says that nobody is behind it speaks for nobody."""
    port = free_port()
    async with saying(port, answer):
        assert (await seen(belt(port, free_port()))).dead is dead


async def test_a_slow_engine(free_port: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes a connection and does not answer in time is slow."""
    monkeypatch.setattr("gate.recovery.death.PATIENCE", timedelta(milliseconds=200))
    port = free_port()
    async with saying(port, None):
        assert not (await seen(belt(port, free_port()))).dead


async def test_only_its_engine_is_dead(free_port: Ports) -> None:
    """Its database takes connections: the belt is not dead, whatever that says of its password."""
    port = free_port()
    async with saying(port, b"E"):
        found = await seen(belt(free_port(), port))
    assert not found.dead
    assert "where blue's database is" in found.alive
    assert "hush-hush" not in found.alive


@pytest.mark.parametrize(
    ("answer", "dead"),
    [
        (http("200 OK", belt="blue"), False),
        (http("200 OK"), False),
        (http("200 OK", belt="green"), True),
        (http("502 Bad Gateway", belt="blue"), True),
    ],
)
async def test_through_the_alias(free_port: Ports, answer: bytes, dead: bool) -> None:
    """Consumers are served: then it is this gate that cannot see, and not the belt that is dead."""
    port = free_port()
    async with saying(port, answer):
        found = await seen(belt(free_port(), free_port()), Address(f"http://127.0.0.1:{port}/v1/graphql"))
    assert found.dead is dead


async def test_a_belt_of_unknown_database(free_port: Ports) -> None:
    """Where nobody can look, nobody can see that it is dead."""
    unseen = Belt(graphql=Address(f"http://127.0.0.1:{free_port()}/v1/graphql"))
    assert not (await seen(unseen)).dead


async def test_one_sign_of_life_is_enough() -> None:
    """It answered once, in the third of six looks."""
    signs = iter(["", "", "it answers", "", "", ""])

    async def look() -> str:
        return next(signs)

    assert await watching([look], looks=6, apart=NOW) == Death(alive="it answers", looks=3)


async def test_no_look_at_all() -> None:
    """Nobody looked, so nobody is dead."""
    assert not (await watching([], looks=0, apart=NOW)).dead
