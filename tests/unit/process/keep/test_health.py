"""What counts as silence of a part, and what as that of another one."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets
from belts.runtimes.process.keep import health
from belts.runtimes.process.keep.silence import Seen
from belts.runtimes.process.parts import postgres
from belts.runtimes.process.supervise import door, readiness
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Request, from_json

Connect = Callable[..., Any]


def refused(*_: object, **__: object) -> Any:
    raise psycopg.OperationalError("the database system is starting up")


def frozen(*_: object, **__: object) -> Any:
    raise psycopg.errors.ConnectionTimeout("connection timeout expired")


def lets_in(*_: object, **__: object) -> Any:
    return io.StringIO()  # something to be closed


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Seen]:
    """One look at a part of a belt, where HTTP, Caddy's socket and Postgres are as said."""

    def asked(
        part: str, *, http: int | str = 200, socket: str = "timed out", connect: Connect = lets_in
    ) -> Seen:
        monkeypatch.setattr(readiness, "http_status", lambda *_, **__: http)
        monkeypatch.setattr(door, "ask", lambda *_: socket or door.Answer(status=200, text="{}"))
        monkeypatch.setattr(postgres, "connect", connect)
        return health.look(request(tmp_path, part), part, 1.0)[0]

    for part in ("postgres", "engine", "caddy"):
        recorded.record(request(tmp_path, part))
    secrets.ensure(recorded.belts(tmp_path)[0])
    return asked


def request(root: Path, part: str) -> Request:
    return from_json({"version": 2, "part": part, "root": str(root), "belt": "blue", "port": 47_113})


def test_an_engine(ask: Callable[..., Seen]) -> None:
    """It is silent only while its Postgres lets others in; an error is an answer."""
    assert ask("engine") is Seen.ANSWERS
    assert ask("engine", http=500) is Seen.ANSWERS
    assert ask("engine", http="timed out") is Seen.SILENT
    assert ask("engine", http="timed out", connect=frozen) is Seen.UNTOLD
    assert ask("engine", http="timed out", connect=refused) is Seen.UNTOLD


def test_a_relay_before_an_indexer(ask: Callable[..., Seen], tmp_path: Path) -> None:
    """It is asked beside the indexer, by its own name; without one there is none to ask."""
    of_indexer = from_json(
        {
            "version": 5,
            "part": "indexer",
            "root": str(tmp_path),
            "belt": "blue",
            "port": 47_113,
            "project": "/srv/project",
            "chains": [1],
            "heapMb": 2_048,
            "digest": "d" * 64,
            "relay": {"port": 47_114, "requestsPerSecond": 5},
        }
    )
    assert health.asked(of_indexer) == {"indexer": "indexer", "relay": "relay"}
    assert health.asked(request(tmp_path, "engine")) == {"engine": "engine"}
    heard: list[str] = []

    def silent(url: str, **_: object) -> str:
        heard.append(url)
        return "timed out"

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(readiness, "http_status", silent)
        seen = {name: health.look(of_indexer, name, 1.0)[0] for name in health.asked(of_indexer)}
    assert seen == {"indexer": Seen.UNTOLD, "relay": Seen.SILENT}, (
        "a database that is away is why of the first"
    )
    assert heard == ["http://127.0.0.1:47113/metrics", "http://127.0.0.1:47114/metrics"]


def test_a_caddy(ask: Callable[..., Seen]) -> None:
    """It is silent where its socket and its port both are."""
    assert ask("caddy", http="timed out") is Seen.SILENT
    assert ask("caddy", http=502) is Seen.ANSWERS
    assert ask("caddy", http="timed out", socket="") is Seen.ANSWERS


def test_a_postgres(ask: Callable[..., Seen]) -> None:
    """One that starts, recovers or is full says so, and that is an answer."""
    assert ask("postgres") is Seen.ANSWERS
    assert ask("postgres", connect=refused) is Seen.ANSWERS
    assert ask("postgres", connect=frozen) is Seen.SILENT


def test_secrets_that_cannot_be_read(ask: Callable[..., Seen], tmp_path: Path) -> None:
    """Nothing can be asked with them, and nothing is restarted for that."""
    (tmp_path / "blue" / "secrets.json").write_text("{")
    assert ask("postgres", connect=frozen) is Seen.UNTOLD
    with pytest.raises(Refused):
        secrets.known(recorded.belts(tmp_path)[0])
