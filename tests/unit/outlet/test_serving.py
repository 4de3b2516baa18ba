"""An outlet on loopback, before something that only keeps what comes to it."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from belts.outlet.certified import Certified
from belts.outlet.opening import GSS, SSL
from belts.outlet.serving import Serving
from belts.outlet.told import Told
from belts.runtimes.process.files import authority

STARTUP = b"user\0consumer\0database\0belts\0\0"


def packet(code: int, rest: bytes = b"") -> bytes:
    return struct.pack("!II", len(rest) + 8, code) + rest


LOGIN = packet(3 << 16, STARTUP)


@dataclass
class Stage:
    """Where it listens, whom clients trust, and what came through."""

    port: int
    trusted: ssl.SSLContext
    came: list[bytes] = field(default_factory=list)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    authority.certify(tmp_path, "127.0.0.1", tmp_path / "c.pem")
    listening = socket.create_server(("127.0.0.1", 0))
    trusted = ssl.create_default_context(cadata=authority.certificate(tmp_path))
    staged = Stage(port=listening.getsockname()[1], trusted=trusted)

    async def keeps(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while came := await reader.read(1000):
            staged.came.append(came)
            writer.write(came.upper())
        writer.close()

    database = await asyncio.start_unix_server(keeps, tmp_path / "s")
    told = Told(
        address="127.0.0.1",
        port=staged.port,
        allowed=("127.0.0.1/32",),
        socket=str(tmp_path / "s"),
        database="belts",
        certificate="",
        key="",
    )
    serving = Serving(told, Certified(tmp_path / "c.pem", tmp_path / "c.pem"))
    running = asyncio.create_task(serving.run(listening))
    yield staged
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    listening.close()
    database.close()


async def dialled(stage: Stage, *first: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
    for each in first:
        writer.write(each)
    return reader, writer


async def test_a_reader(stage: Stage) -> None:
    """Its packet comes through as it was sent, and bytes go both ways; Kerberos is declined before that."""
    reader, writer = await dialled(stage, packet(GSS))
    assert await reader.readexactly(1) == b"N"
    writer.write(packet(SSL))
    assert await reader.readexactly(1) == b"S"
    await writer.start_tls(stage.trusted, server_hostname="127.0.0.1")
    writer.write(LOGIN)
    assert await reader.readexactly(len(LOGIN)) == LOGIN.upper()
    writer.write(b"more")
    assert await reader.readexactly(4) == b"MORE"
    assert b"".join(stage.came) == LOGIN + b"more"
    writer.close()


@pytest.mark.parametrize(
    "sent", [LOGIN, packet(SSL, b"x"), b"GET / HTTP/1.1\r\n\r\n", packet(80_877_102, b"12345678")]
)
async def test_in_clear(stage: Stage, sent: bytes) -> None:
    """Words for it, and nothing comes through; a cancel in clear is none."""
    reader, writer = await dialled(stage, sent)
    said = await reader.read()
    assert said.startswith(b"E")
    assert stage.came == []
    writer.close()


async def test_what_is_put_behind_the_first_packet(stage: Stage) -> None:
    """Somebody on the way adds a login in clear: it is no TLS, and never a part of what comes after it."""
    reader, writer = await dialled(stage, packet(SSL) + LOGIN)
    assert await reader.readexactly(1) == b"S"
    said = b""
    with suppress(ConnectionError):
        said = await reader.read()
    assert LOGIN.upper() not in said
    assert stage.came == []
    writer.close()


async def test_another_role(stage: Stage) -> None:
    """It is refused over TLS, before Postgres hears of it."""
    reader, writer = await dialled(stage, packet(SSL))
    assert await reader.readexactly(1) == b"S"
    await writer.start_tls(stage.trusted, server_hostname="127.0.0.1")
    writer.write(packet(3 << 16, b"user\0postgres\0database\0belts\0\0"))
    assert b"only the role consumer" in await reader.read()
    assert stage.came == []
    writer.close()
