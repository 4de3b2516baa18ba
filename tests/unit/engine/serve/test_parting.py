"""The last answer of a connection, at a port whose connections end at once: nothing of it is thrown away."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from belts.engine.serve import connections
from belts.engine.serve.connections import Http

AT_ONCE = struct.pack("ii", 1, 0)
LARGE = 2**20


@asynccontextmanager
async def listening(application: Any) -> AsyncIterator[int]:
    """A server at a port as a supervisor opens it, with room for a whole answer."""
    config = uvicorn.Config(application, lifespan="off")
    config.load()
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        port.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        port.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * LARGE)
        state = ServerState()
        server = await asyncio.get_running_loop().create_server(lambda: Http(config, state, {}), sock=port)
        async with server:
            yield port.getsockname()[1]


async def asked(port: int, request: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client that takes little at a time."""
    wire = socket.socket()
    wire.setblocking(False)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    await asyncio.get_running_loop().sock_connect(wire, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=wire, limit=4_096)
    writer.write(request)
    return reader, writer


async def large(_scope: Any, _receive: Any, send: Any) -> None:
    """An answer that does not fit into what a client takes at a time."""
    length = str(LARGE).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    await send({"type": "http.response.body", "body": bytes(LARGE)})


@pytest.mark.parametrize(
    "request_", [b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"]
)
async def test_a_slow_reader(request_: bytes) -> None:
    """It gets all of the answer, and then closes."""
    async with listening(large) as port:
        reader, writer = await asked(port, request_)
        assert b"connection: close" in await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(LARGE) == bytes(LARGE)
        writer.close()


async def test_a_client_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has had its last answer, and is sent away."""
    monkeypatch.setattr(connections, "PARTING_S", 0.05)
    async with listening(large) as port:
        reader, writer = await asked(port, b"GET / HTTP/1.0\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(2 * LARGE)
        writer.close()
