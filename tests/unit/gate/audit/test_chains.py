"""Where the audit hears how far the serving belt and its chains are."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from belts.files import write_private_json
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.host import Host
from gate.audit import chains
from gate.audit.snapshot import ChainSeen, Unseen
from gate.exchange import Answer
from gate.journal.journal import FOLDER, Journal
from gate.observations.watched import ChainStretch, Stretch

SAID = {
    "belt": "blue",
    "chains": {
        "1": {"committed": 100, "head": 140, "lag": 40},
        "10": {"committed": 60, "head": None, "lag": None, "unseen": {"head": "it cannot be reached"}},
    },
}
HALF = timedelta(seconds=30)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A gateway whose status endpoint watches two chains."""
    watched = [{"id": 1, "secret": True, "lagLimit": 20}, {"id": 10, "secret": True}]
    for part, fields in (("caddy", {"port": 8080}), ("status-endpoint", {"chains": watched})):
        asked = {"version": 1, "part": part, "root": str(tmp_path), "belt": "gateway"} | fields
        write_private_json(Layout(root=tmp_path, belt="gateway").request(part), asked)
    return Host(tmp_path)


def answers(monkeypatch: pytest.MonkeyPatch, body: Any, status: int = 200) -> None:
    async def exchange(_client: httpx.AsyncClient, request: httpx.Request, **_: Any) -> Answer:
        assert str(request.url) == "http://127.0.0.1:8080/_belt"
        if isinstance(body, Exception):
            raise body
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Answer(status=status, headers=httpx.Headers(), body=content)

    monkeypatch.setattr(chains, "exchange", exchange)


def written(host: Host, *rows: tuple[int, int, int], ago: timedelta = timedelta()) -> None:
    """One stretch for each height, head and lag of chain 1, the last one now."""
    end = datetime.now(UTC) - ago
    for index, (height, head, lag) in enumerate(rows):
        at = end - HALF * (len(rows) - 1 - index)
        row = ChainStretch(chain=1, height=height, head=head, lag=lag)
        stretch = Stretch(begin=at - HALF, end=at, seeded=0, chains=(row,))
        Journal(host.beside("gateway") / FOLDER, "blue").append(stretch)


async def test_what_is_said(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both heights, the limit of the policy, and why a head is not known."""
    answers(monkeypatch, SAID)
    assert await chains.look(host, "gateway") == (
        ChainSeen(chain=1, limit=20, committed=100, head=140),
        ChainSeen(chain=10, committed=60, why={"head": "it cannot be reached"}),
    )


async def test_what_was_written_down(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """How far behind it was in two looks, and since when it stands while the chain goes on."""
    answers(monkeypatch, SAID)
    written(host, (90, 100, 3), *((100, 100 + step, step) for step in range(1, 10)), (100, 139, 39))
    found = await chains.look(host, "gateway")
    assert isinstance(found, tuple)
    assert found[0].lag == 39
    assert found[0].stands is not None
    assert timedelta(minutes=4) < found[0].stands < timedelta(minutes=6)
    assert found[0].halts is None


async def test_a_head_that_stands(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The belt has come to it, and so does not stand itself."""
    answers(monkeypatch, {"belt": "blue", "chains": {"1": {"committed": 140, "head": 140}}})
    written(host, *((140, 140, 0) for _ in range(40)))
    found = await chains.look(host, "gateway")
    assert isinstance(found, tuple)
    assert found[0].stands is None
    assert found[0].halts is not None
    assert found[0].halts > timedelta(minutes=15)


async def test_what_is_old(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has watched since: of now it says nothing."""
    answers(monkeypatch, SAID)
    written(host, *((100, 139, 39) for _ in range(9)), ago=timedelta(minutes=5))
    found = await chains.look(host, "gateway")
    assert isinstance(found, tuple)
    assert (found[0].lag, found[0].stands, found[0].halts) == (40, None, None)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 502, "does not answer (status 502)"),
        (b"<html>", 200, "otherwise than this version"),
        ([], 200, "otherwise than this version"),
        ({"belt": "blue"}, 200, "otherwise than this version"),
        (httpx.ConnectError("no"), 0, "cannot be asked (ConnectError)"),
    ],
)
async def test_a_status_endpoint_that_says_nothing(
    host: Host, monkeypatch: pytest.MonkeyPatch, body: Any, status: int, words: str
) -> None:
    """It is dead, or another's: where the chains are could not be looked at."""
    answers(monkeypatch, body, status)
    found = await chains.look(host, "gateway")
    assert isinstance(found, Unseen)
    assert words in found.why


async def test_nobody_is_asked_to_watch(tmp_path: Path) -> None:
    """A gateway without a status endpoint, or none at all."""
    assert await chains.look(Host(tmp_path), "gateway") is None
