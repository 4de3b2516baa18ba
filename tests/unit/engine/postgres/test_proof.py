"""The engine takes no rows of a Postgres that has not shown that it knows the password."""

import asyncio
import logging
import struct
from typing import Any

import asyncpg
import pytest

from belts.engine.errors import DatabaseError
from belts.engine.postgres import proof
from belts.engine.postgres.credentials import Credentials
from belts.engine.postgres.database import Database
from belts.engine.postgres.proof import Proved
from tests.impostor import FORMS, HONEST, PASSWORD, listening
from tests.unit.engine.build import settings


@pytest.fixture(autouse=True)
def unsaid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has been said in the log yet."""
    monkeypatch.setattr(Proved, "_said_at", -proof.SAY_EVERY_S)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
async def test_an_impostor_on_its_port(form: str, caplog: pytest.LogCaptureFixture) -> None:
    """It learns nothing of the password, clients hear of no connection, and the log says what it did."""
    with listening(form) as impostor, caplog.at_level(logging.ERROR):
        told = settings(database_url=f"postgres://engine:{PASSWORD}@127.0.0.1:{impostor.port}/belts")
        database = Database(told, Credentials(told))
        with pytest.raises(DatabaseError) as refused:
            await asyncio.wait_for(database.row("select 1", ()), 10)
        await database.close()
    assert refused.value.message == "connection error"
    assert impostor.sent
    assert impostor.learnt() == []
    for word in ("the database is not believed", "expected:", "seen:", "now:", "ss -ltnp"):
        assert word in caplog.text
    assert PASSWORD not in caplog.text


async def test_one_who_knows_it(caplog: pytest.LogCaptureFixture) -> None:
    """It is believed, and asked for rows."""
    with listening(HONEST) as server:
        connection = await proof.connect(f"postgres://engine:{PASSWORD}@127.0.0.1:{server.port}/belts")
        assert proof.is_proved(connection)
        connection.terminate()
    assert caplog.text == ""


async def test_a_connection_that_nobody_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where asyncpg is another one than this was written for, nothing is believed."""

    class Plain:
        _protocol = object()
        ended = False

        def terminate(self) -> None:
            self.ended = True

    async def connect(_url: str) -> Plain:
        return plain

    plain = Plain()
    monkeypatch.setattr(asyncpg, "connect", connect)
    with pytest.raises(asyncpg.InterfaceError, match="was not asked to show"):
        await proof.connect("postgres://h/d")
    assert plain.ended


def _message(asks: int, more: bytes = b"") -> bytes:
    return b"R" + struct.pack("!II", len(more) + 8, asks) + more


SCRAM = b"".join(_message(asks, b"x" * 9) for asks in (10, 11, 12)) + _message(0)


def _read(data: bytes, *, size: int, address: Any = ("127.0.0.1", 1)) -> tuple[bool, str]:
    """What comes of these bytes in pieces of that size: proved or not, and what was out of turn."""
    reader = Proved.__new__(Proved)
    reader._address, reader._turn, reader._unread, reader._refused, reader.proved = (
        address,
        0,
        b"",
        False,
        False,
    )
    for at in range(0, len(data), size):
        if reader.proved or (seen := reader._out_of_turn(data[at : at + size])):
            return reader.proved, "" if reader.proved else seen
    return reader.proved, ""


@pytest.mark.parametrize("size", [1, 2, 7, 1_000])
def test_in_pieces(size: int) -> None:
    """However the network cuts what the server says."""
    notice = b"N" + struct.pack("!I", 9) + b"hello"
    assert _read(notice + SCRAM + b"Z\0\0\0\x05I", size=size) == (True, "")
    assert _read(SCRAM[:-9], size=size) == (False, "")
    assert _read(SCRAM[:-9] + _message(3), size=size)[1] == "asks for the password in clear"
    assert _read(SCRAM[18:], size=size)[1] == "does not keep to the order of SCRAM"
    assert "does not speak as Postgres" in _read(b"Z\0\0\0\x05I", size=size)[1]
    assert "does not speak as Postgres" in _read(b"R\xff\xff\xff\xff", size=size)[1]


def test_a_socket_in_the_file_system() -> None:
    """Its owner says who listens there; a password in clear is sent there neither."""
    assert _read(_message(0), size=100, address="/run/postgresql/.s.PGSQL.5432") == (True, "")
    assert "in clear" in _read(_message(3), size=100, address="/run/postgresql/.s.PGSQL.5432")[1]
