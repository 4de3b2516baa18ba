"""Which credentials a connection is opened by, and which connections are left when those were replaced."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from belts.engine.errors import DatabaseError
from belts.engine.postgres import database, proof
from belts.engine.postgres.credentials import Credentials
from belts.engine.postgres.database import Database
from tests.unit.engine.build import settings

OLD, NEW = "postgres://engine:a@127.0.0.1:1/d", "postgres://engine_2:b@127.0.0.1:1/d"


class Connection:
    """What the database asks of one that it opened."""

    def __init__(self) -> None:
        self.ended: Any = None

    def add_termination_listener(self, listener: Any) -> None:
        self.ended = listener


class Pool:
    """Counts what it is told; everything that it lends is one thing."""

    def __init__(self, idle: int) -> None:
        self.idle = idle
        self.expired = 0
        self.lent: list[object] = []
        self.back: list[object] = []

    async def expire_connections(self) -> None:
        self.expired += 1

    def get_idle_size(self) -> int:
        return self.idle

    async def acquire(self, **_: float) -> object:
        self.lent.append(object())
        return self.lent[-1]

    async def release(self, connection: object, **_: float) -> None:
        self.back.append(connection)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "url").write_text(OLD)
    return tmp_path / "url"


@pytest.fixture
def of_file(file: Path) -> Database:
    told = settings(database_url_file=file)
    return Database(told, Credentials(told))


def replace(file: Path, text: str) -> None:
    fresh = file.with_name("fresh")
    fresh.write_text(text)
    fresh.replace(file)


async def test_a_database_that_is_not_there(of_file: Database) -> None:
    """The file's address is tried, and the refusal says nothing of it."""
    with pytest.raises(DatabaseError) as refused:
        await of_file.row("select 1", ())
    assert refused.value.message == "connection error"


async def test_refused_while_the_file_changed(
    of_file: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the file holds now is tried once; a refusal of what it holds is a refusal."""
    asked: list[str] = []

    async def connect(url: str, **_: Any) -> Any:
        asked.append(url)
        if url == OLD:
            replace(file, NEW)
            raise asyncpg.InvalidPasswordError("no")
        return Connection()

    monkeypatch.setattr(proof, "connect", connect)
    await of_file._connect(None)
    assert asked == [OLD, NEW]

    async def refuse(url: str, **_: Any) -> Any:
        asked.append(url)
        raise asyncpg.InvalidAuthorizationSpecificationError("not permitted to log in")

    monkeypatch.setattr(proof, "connect", refuse)
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await of_file._connect(None)
    assert asked == [OLD, NEW, NEW]


async def test_connections_of_an_address_that_was_replaced(
    of_file: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are expired once, given back as long as one is open, and then kept again as ever."""
    opened = Connection()

    async def connect(_url: str, **_: Any) -> Any:
        return opened

    monkeypatch.setattr(proof, "connect", connect)
    monkeypatch.setattr(database, "_LOOK_EVERY", 0.001)
    await of_file._connect(None)
    pool: Any = Pool(idle=2)
    of_file._pool = pool
    following = asyncio.create_task(of_file.follow())
    await asyncio.sleep(0.05)
    assert (pool.expired, of_file._leaving) == (0, False)
    kept: Any = object()
    of_file._idle = [kept]
    replace(file, NEW)
    await asyncio.sleep(0.05)
    assert (pool.expired, of_file._leaving, of_file._idle) == (1, True, [])
    assert pool.back[0] is kept
    assert len(pool.lent) >= 2
    assert pool.back[1:] == pool.lent
    opened.ended(object())
    await asyncio.sleep(0.05)
    following.cancel()
    assert not of_file._leaving
