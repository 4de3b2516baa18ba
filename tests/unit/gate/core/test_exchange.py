"""One exchange over HTTP, with servers that answer badly."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from gate.exchange import Answer, TooLarge, asked, exchange, post

QUESTION = b'{"a":1}'
SOON = 0.3
LONG = 60.0

Serve = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(serve: Serve) -> AsyncIterator[str]:
    """A server that says what `serve` says, whatever it is asked."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(len(QUESTION))
        try:
            await serve(writer)
        except ConnectionError:
            return
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def ask(serve: Serve, *, seconds: float = LONG, most: int = 1000, packed: bool = True) -> Answer:
    headers = {} if packed else {"accept-encoding": "identity"}
    async with served(serve) as url, httpx.AsyncClient(trust_env=False, timeout=LONG) as client:
        return await post(client, url, {"a": 1}, seconds=seconds, most=most, headers=headers)


def whole(body: bytes, *lines: str, status: str = "200 OK") -> Serve:
    async def serve(writer: asyncio.StreamWriter) -> None:
        head = "\r\n".join([f"HTTP/1.1 {status}", f"content-length: {len(body)}", *lines, "", ""])
        writer.write(head.encode() + body)
        await writer.drain()

    return serve


@pytest.mark.parametrize("status", ["200 OK", "302 Found", "500 Internal Server Error"])
async def test_an_answer(status: str) -> None:
    """It comes back whole, whatever its status; nobody is led elsewhere."""
    answer = await ask(whole(b"x" * 1000, "location: http://127.0.0.1:1/", status=status))
    assert (answer.status, answer.body, answer.ok) == (int(status[:3]), b"x" * 1000, status == "200 OK")


async def test_one_who_sends_a_byte_now_and_then() -> None:
    """The time is that of the whole exchange, not of each step."""

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(SOON / 10)

    async with asyncio.timeout(LONG):
        with pytest.raises(httpx.TimeoutException, match="no whole answer within"):
            await ask(drip, seconds=SOON)


async def test_one_who_never_stops() -> None:
    """No more is read than is honest."""
    sent = 0

    async def flood(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 100_000)
            sent += 100_000
            await writer.drain()

    with pytest.raises(TooLarge, match="more than 1,000,000 bytes"):
        await ask(flood, most=1_000_000)
    assert sent < 100_000_000


async def test_a_packed_answer() -> None:
    """It is unpacked, and measured so."""
    packed = gzip.compress(b"x" * 1000)
    assert (await ask(whole(packed, "content-encoding: gzip"))).body == b"x" * 1000
    with pytest.raises(TooLarge):
        await ask(whole(packed, "content-encoding: gzip"), most=999)


async def test_a_packed_answer_for_one_who_takes_none() -> None:
    """It is not unpacked: what is small on the way can be large."""
    packed = gzip.compress(b"x" * 1000)
    answer = await ask(whole(packed, "content-encoding: gzip"), packed=False)
    assert answer.body == packed


async def test_refused_by_its_head() -> None:
    """The body is not waited for."""

    async def head_alone(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 5\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(LONG)

    class Refused(Exception):
        """By the caller."""

    def refuse(response: httpx.Response) -> None:
        assert response.status_code == 503
        raise Refused

    async with served(head_alone) as url, httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(Refused):
            await exchange(client, asked(client, url, {"a": 1}), seconds=LONG, before=refuse)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nx", b"220 smtp\r\n"])
async def test_no_whole_answer(said: bytes) -> None:
    """It is a fault, and no answer."""

    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()

    with pytest.raises(httpx.HTTPError):
        await ask(serve)
