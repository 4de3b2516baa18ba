"""A WebSocket of the server: what has come on it and was not taken counts, however it came."""

from socket import AF_INET, AF_UNIX, AddressFamily
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from belts import forwarded
from belts.engine.serve.connections import COMING, Http, WebSocket

ASKED = (
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Line:
    """A connection whose client never reads, and that says whether the server reads."""

    def __init__(self) -> None:
        self.reads = True

    def get_extra_info(self, _name: str) -> Any:
        return None

    def is_closing(self) -> bool:
        return False

    def write(self, _data: bytes) -> None:
        """Nobody reads it."""

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def abort(self) -> None:
        """It has ended."""

    close = abort


async def nothing(_scope: Any, _receive: Any, _send: Any) -> None:
    """An application that takes nothing."""


class Open:
    """A WebSocket whose handshake is done, and how much was counted at last."""

    def __init__(self) -> None:
        config = uvicorn.Config(nothing)
        config.load()
        self.line, self.counted, self.lets = Line(), 0, True
        self.socket = WebSocket(config, ServerState(), {})
        self.socket.connection_made(self.line)  # type: ignore[arg-type]
        self.socket.data_received(ASKED)
        self.socket.scope["extensions"][COMING] = self.coming  # type: ignore[assignment]

    def coming(self, size: int) -> bool:
        self.counted = size
        return self.lets

    def says(self, *texts: bytes) -> None:
        self.socket.data_received(b"".join(Frame(Opcode.TEXT, text).serialize(mask=True) for text in texts))


async def test_after_the_close() -> None:
    """What is thrown away is not counted."""
    at = Open()
    at.socket.close_sent = True
    for _ in range(3):
        at.says(bytes(20_000))
    assert at.counted <= 20_000
    assert sum(at.socket.whole) == 0


async def test_many_small_messages() -> None:
    """Each takes more than its bytes until it is taken; a few of them are nothing."""
    at = Open()
    at.says(*[b"x" * 100] * 100)
    assert at.counted == 0
    at.says(*[b"x"] * 5_000)
    assert at.counted > 1_000_000
    for _ in range(5_101):
        await at.socket.receive()
    assert (at.counted, at.socket.waiting) == (0, 0)


async def test_when_the_application_has_ended() -> None:
    """What waits is forgotten at once: nobody would take it, and nobody counts it."""
    at = Open()
    at.says(*[b"x" * 1_000] * 50)
    assert at.socket.queue.qsize() > 50
    await at.socket.run_asgi()
    assert (at.socket.queue.qsize(), len(at.socket.whole), at.socket.waiting) == (0, 0, 0)


@pytest.mark.parametrize(("family", "peer"), [(AF_UNIX, (forwarded.GATEWAY, 0)), (AF_INET, None)])
@pytest.mark.parametrize("kind", [Http, WebSocket])
async def test_who_is_the_gateway(
    kind: type[Http | WebSocket], family: AddressFamily, peer: tuple[str, int] | None
) -> None:
    """Who comes to its socket, be it to ask or to listen; and not a TCP client that has gone already."""
    config = uvicorn.Config(nothing)
    config.load()
    connection = kind(config, ServerState(), {})
    connection.connection_made(Gone(family))  # type: ignore[arg-type]
    assert connection.client == peer


class Gone(Line):
    """A connection of whose other end nothing can be told any more."""

    def __init__(self, family: AddressFamily) -> None:
        super().__init__()
        self.family = family

    def get_extra_info(self, name: str) -> Any:
        return self if name == "socket" else None

    def getpeername(self) -> str:
        raise OSError

    def getsockname(self) -> str:
        return ""
