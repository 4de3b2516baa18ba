"""What the bench of hostile clients holds, and that it counts what it says."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bench.hostile import clients
from bench.hostile.__main__ import Run, judged, report
from bench.hostile.clients import SENT, WHAT
from bench.hostile.honest import RATE, Asked, Client, ask, length, request

WORKED = {kind.name: {SENT: int(kind.least * 10) + 1, "answered": 1} for kind in WHAT}
GOOD = Run(
    alone=Asked(seconds=[0.002] * 99 + [0.01]),
    beside=Asked(seconds=[0.004] * (RATE * 10 - 20) + [0.05] * 20),
    memory_mb=200.0,
    noted=WORKED,
    seconds=10.0,
)


def failing(run: Run) -> list[str]:
    return [one.name for one in judged(run) if not one.held]


def test_what_has_to_hold() -> None:
    """Each figure fails by itself."""
    assert failing(GOOD) == []
    asked = GOOD.beside.seconds
    assert failing(replace(GOOD, beside=Asked(seconds=asked[1:]))) == [
        "honest requests beside the hostile ones"
    ]
    assert failing(replace(GOOD, beside=Asked(seconds=asked, failed=["1.0 s: 502"]))) == [
        "failures among them"
    ]
    assert failing(replace(GOOD, beside=Asked(seconds=[0.051] * len(asked)))) == [
        "their p99, to that without hostile clients"
    ]
    assert failing(replace(GOOD, memory_mb=257.0)) == ["most memory of the engine, MiB"]
    for starved in {}, {SENT: 1, "answered": 100}:
        idle = {**WORKED, "cheap requests": starved}
        assert failing(replace(GOOD, noted=idle)) == ["kinds of hostile clients that sent too little"]


def test_nothing_was_measured() -> None:
    """Then nothing holds."""
    nothing = Run(alone=Asked(), beside=Asked(), memory_mb=0.0)
    assert len(failing(nothing)) == len(judged(nothing))


def test_the_page() -> None:
    """It says what was asked by whom, and whether each figure is held."""
    text = report(GOOD, command="python -m bench.hostile")
    assert "30 hostile clients (6 with dear requests" in text
    assert "| their p99, to that without hostile clients | 5.0 | ≤ 5 | yes |" in text
    assert "| slow readers | 6 | answered: 1 |" in text


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that gives one answer after the other, the last one for ever, and keeps what it was asked."""
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                seen.append(await reader.readexactly(length(head)))
                writer.write(answers[min(len(seen), len(answers)) - 1])
        except asyncio.IncompleteReadError:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], seen


def answer(status: str, body: bytes) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (answer("200 OK", b'{"data":{}}'), ""),
        (answer("200 OK", b'{"errors":[]}'), '200: {"errors":[]}'),
        (answer("429 Too Many Requests", b'{"data":{}}'), '429: {"data":{}}'),
        (answer("502 Bad Gateway", b"no"), "502: no"),
    ],
)
async def test_what_is_a_failure(given: bytes, wrong: str) -> None:
    """Everything but data."""
    async with answering(given) as (port, seen):
        assert await Client(port, 1).ask(b"{}") == wrong
    assert seen == [b"{}"]


async def test_a_server_that_is_not_there() -> None:
    """That is a failure too."""
    async with answering(b"") as (port, _):
        pass
    assert "no answer" in await Client(port, 1).ask(b"{}")


@pytest.mark.parametrize(
    ("kind", "given", "back"),
    [
        ("health", answer("200 OK", b"{}"), "answered"),
        ("cheap requests", answer("200 OK", b'{"data":{}}'), "answered"),
        ("cheap requests", answer("200 OK", b'{"errors":[]}'), "refused"),
        ("cheap requests", answer("429 Too Many Requests", b"{}"), "refused (429)"),
    ],
)
async def test_what_hostile_clients_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, given: bytes, back: str
) -> None:
    """What they have sent, and what came of it: it can be read while they are at work."""
    monkeypatch.setattr(clients, "NOTES_S", 0.01)
    file = tmp_path / "noted.json"
    async with answering(given) as (port, seen):
        attacking = asyncio.create_task(clients.attack(port, file, [kind]))
        async with asyncio.timeout(20):
            while not file.exists() or back not in file.read_text():  # noqa: ASYNC110 -- it is a file
                await asyncio.sleep(0.01)
        attacking.cancel()
        await asyncio.gather(attacking, return_exceptions=True)
    noted = json.loads(file.read_text())
    assert list(noted) == [kind]
    assert 0 < noted[kind][back] <= noted[kind][SENT] <= len(seen) + 1


async def test_honest_clients() -> None:
    """As many requests as are due, each of a kind, over kept connections."""
    async with answering(answer("200 OK", b'{"data":{}}')) as (port, seen):
        asked = await ask(port, 0.2)
    assert (len(asked.seconds), asked.failed, len(seen)) == (int(RATE * 0.2), [], int(RATE * 0.2))
    assert all("query" in json.loads(each) for each in seen)
    assert request(b"xy").endswith(b"content-length: 2\r\n\r\nxy")
