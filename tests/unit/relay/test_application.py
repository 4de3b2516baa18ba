"""The relay as an indexer meets it, over real sockets, in front of a provider that does what providers do."""

import asyncio
import gzip
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from belts.provider import routes as files
from belts.provider.routes import Routes, Upstream
from belts.provider.wordings import Meaning, meaning_of
from belts.relay.application import Told, application
from belts.relay.passing import SMALL

KEY = "secret-key-of-ours"
WORD = "a-word-that-nobody-guesses"
CALL = {"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": []}

Twist = Callable[["Provider", bytes, asyncio.StreamWriter], Awaitable[None]]


@dataclass(kw_only=True)
class Provider:
    """A server that says what a test wants, byte by byte, and keeps what it was asked."""

    twist: Twist
    port: int = 0
    asked: list[tuple[str, Any]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split()[1].decode()
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                body = await reader.readexactly(length)
                self.asked.append((path, json.loads(body)))
                self.heads.append(head.decode().lower())
                await self.twist(self, body, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.left.set()
        finally:
            writer.close()


def says(body: bytes, *, status: str = "200 OK", headers: str = "") -> Twist:
    async def twist(_: Provider, _body: bytes, writer: asyncio.StreamWriter) -> None:
        more = f"content-type: application/json\r\n{headers}content-length: {len(body)}\r\n"
        writer.write(f"HTTP/1.1 {status}\r\n{more}\r\n".encode() + body)
        await writer.drain()

    return twist


@asynccontextmanager
async def relay(
    tmp_path: Path, twist: Twist, *, rate: int = 1_000, longest_s: float = 20.0
) -> AsyncIterator[tuple[httpx.AsyncClient, Provider]]:
    """A client whose base is the path of the one upstream."""
    provider = Provider(twist=twist)
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    provider.port = server.sockets[0].getsockname()[1]
    file = tmp_path / "routes.json"
    upstream = Upstream(chain=1, url=f"http://127.0.0.1:{provider.port}/v2/{KEY}")
    files.write(file, Routes(word=WORD, rate=rate, upstreams=(upstream,)))
    told = Told(routes=file, root=tmp_path / "nothing", belt="green", longest_s=longest_s)
    own = uvicorn.Server(uvicorn.Config(application(told), port=0, log_level="warning", access_log=False))
    running = asyncio.create_task(own.serve())
    try:
        while not own.started:  # noqa: ASYNC110 -- uvicorn has no event for it
            await asyncio.sleep(0.01)
        where = f"http://127.0.0.1:{own.servers[0].sockets[0].getsockname()[1]}"
        async with httpx.AsyncClient(base_url=where, trust_env=False, timeout=20) as client:
            yield client, provider
    finally:
        own.should_exit = True
        await running
        server.close()


async def ask(client: httpx.AsyncClient, question: Any = CALL, *, path: str = f"/{WORD}/0") -> httpx.Response:
    return await client.post(path, json=question)


async def metric(client: httpx.AsyncClient, beginning: str) -> float:
    text = (await client.get("/metrics")).text
    assert KEY not in text
    assert WORD not in text
    [line] = [line for line in text.splitlines() if line.startswith(beginning)]
    return float(line.rpartition(" ")[2])


def counted(outcome: str) -> str:
    return f'belts_relay_calls_total{{chain="1",outcome="{outcome}"'


async def test_a_question_and_its_answer(tmp_path: Path) -> None:
    """Passed on with the key that nobody else is told, and back as it was said."""
    async with relay(tmp_path, says(b'{"jsonrpc":"2.0","id":1,"result":[]}')) as (client, provider):
        answer = await ask(client)
        assert (answer.status_code, answer.text) == (200, '{"jsonrpc":"2.0","id":1,"result":[]}')
        assert provider.asked == [(f"/v2/{KEY}", CALL)]
        assert await metric(client, counted("answered")) == 1
        assert await metric(client, "belts_relay_upstream{") == 1


async def test_headers_of_the_config(tmp_path: Path) -> None:
    """They reach the provider, who may know a client by them; those of the connection do not."""
    async with relay(tmp_path, says(b'{"result": 1}')) as (client, provider):
        await client.post(f"/{WORD}/0", json=CALL, headers={"Authorization": "Bearer t", "X-Key": "k"})
        [head] = provider.heads
        assert "authorization: bearer t\r\n" in head
        assert "x-key: k\r\n" in head
        assert head.count("content-type:") == head.count("host:") == head.count("content-length:") == 1
        assert f"host: 127.0.0.1:{provider.port}\r\n" in head


@pytest.mark.parametrize("path", ["/another-word/0", f"/{WORD}/1", f"/{WORD}", "/"])
async def test_who_does_not_know_the_word(tmp_path: Path, path: str) -> None:
    """Another program of this machine asks nobody at this belt's cost."""
    async with relay(tmp_path, says(b"{}")) as (client, provider):
        assert (await ask(client, path=path)).status_code in {404, 405}
        assert provider.asked == []


async def test_a_large_answer(tmp_path: Path) -> None:
    """Whole, also where the provider has compressed it."""
    whole = json.dumps({"result": ["0x" + "ab" * 500] * 5_000}).encode()
    async with relay(tmp_path, says(gzip.compress(whole), headers="content-encoding: gzip\r\n")) as (
        client,
        _,
    ):
        answer = await ask(client)
        assert answer.content == whole
        assert await metric(client, counted("answered")) == 1


@pytest.mark.parametrize("sent", [10, SMALL * 4])
async def test_an_answer_that_breaks_off(tmp_path: Path, sent: int, caplog: pytest.LogCaptureFixture) -> None:
    """It never arrives as a whole one: what seems whole would be rows that are missing."""

    async def twist(provider: Provider, _: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n" + b" " * sent)
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.close()

    with caplog.at_level(logging.DEBUG):
        async with relay(tmp_path, twist) as (client, provider):
            if sent < SMALL:  # nothing of it has gone out: it is asked again, and then it is said
                answer = await ask(client)
                assert answer.status_code == 502
                assert "no answer from localhost" in answer.text
                assert len(provider.asked) == 3
            else:
                with pytest.raises(httpx.RemoteProtocolError):
                    await ask(client)
                assert await metric(client, counted("cut")) == 1
                assert len(provider.asked) == 1
    own = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert KEY not in "".join(record.getMessage() for record in own)


async def test_a_provider_that_is_asked_too_often(tmp_path: Path) -> None:
    """It is told to the indexer as it is, asked again by nobody else, and left alone for as long as said."""
    body = b'{"error": {"code": 429, "message": "too many requests"}}'
    busy = says(body, status="429 Too Many Requests", headers="retry-after: 2\r\n")
    async with relay(tmp_path, busy) as (client, provider):
        answer = await ask(client)
        assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (429, body, "2")
        assert len(provider.asked) == 1
        assert await metric(client, counted("busy")) == 1
        allowance = files.allowance(tmp_path / "routes.json")
        [who] = allowance.providers
        assert allowance.take(who, 1) > 0.5


async def test_a_range_that_is_too_large(tmp_path: Path) -> None:
    """Its words reach the indexer, which asks for less by them, whatever the status."""
    body = b'{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"block range is too wide"}}'
    async with relay(tmp_path, says(body, status="400 Bad Request")) as (client, provider):
        answer = await ask(client)
        assert (answer.status_code, answer.content) == (200, body)
        assert len(provider.asked) == 1


async def test_a_gateway_without_a_provider(tmp_path: Path) -> None:
    """502 without words is asked again, and passed on if it stays."""
    async with relay(tmp_path, says(b"<html>", status="502 Bad Gateway")) as (client, provider):
        assert (await ask(client)).status_code == 502
        assert len(provider.asked) == 3
        assert await metric(client, "belts_relay_retries_total{") == 2


async def test_a_redirection(tmp_path: Path) -> None:
    """It is not followed: the gate has seen nobody else behind the relay."""
    away = says(b"", status="307 Temporary Redirect", headers="location: http://127.0.0.1:1/\r\n")
    async with relay(tmp_path, away) as (client, provider):
        answer = await ask(client)
        assert answer.status_code == 307
        assert "location" not in answer.headers
        assert len(provider.asked) == 1


async def test_each_call_of_a_batch_counts(tmp_path: Path) -> None:
    """A batch is many calls in the budget, and in the metrics."""
    async with relay(tmp_path, says(b"[]"), rate=50) as (client, _):
        await ask(client, [CALL] * 20)
        assert await metric(client, counted("answered")) == 20
        allowance = files.allowance(tmp_path / "routes.json")
        [who] = allowance.providers
        assert allowance.take(who, 1) > 0


async def test_an_indexer_that_has_left(tmp_path: Path) -> None:
    """Nobody is asked for it any more, and who comes after it has its turn."""
    async with relay(tmp_path, says(b'{"result": 1}'), rate=1) as (client, provider):
        await ask(client, [CALL] * 3)  # paid for by those who come next
        with pytest.raises(httpx.ReadTimeout):
            await client.post(f"/{WORD}/0", json=CALL, timeout=0.3)
        asked = len(provider.asked)
        await ask(client)
        assert len(provider.asked) == asked + 1


async def test_a_question_that_has_no_turn(tmp_path: Path) -> None:
    """It is told as by a provider that is asked too often, and asked of nobody: it was given up by then."""
    async with relay(tmp_path, says(b'{"result": 1}'), rate=1, longest_s=0.3) as (client, provider):
        await ask(client, [CALL] * 30)
        answer = await ask(client)
        assert answer.status_code == 429
        assert answer.json()["id"] == CALL["id"]
        assert meaning_of(answer.json()["error"]["code"], "") is Meaning.BUSY
        assert len(provider.asked) == 1
        assert await metric(client, counted("held")) == 1
