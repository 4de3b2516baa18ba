"""The ASGI server's connections, each with a way to end it at once.

A client that does not read keeps what was written to it for as long as it likes, and a close that waits for
it waits as long. So what drops a client has to drop the connection itself, which ASGI has no word for.
"""

from asyncio import AbstractEventLoop, BaseTransport, Transport
from collections import deque
from collections.abc import Callable, MutableMapping
from socket import AF_UNIX
from typing import Any

from uvicorn._types import ASGIReceiveEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from belts import forwarded

ABORT, COMING, SAID = "belts.abort", "belts.coming", "belts.said"
_PIECE = 64
"""What a piece of a message takes beside its bytes, of which it may have none."""
_TINY = 1_024
"""Bytes of a piece that is worth a look; of smaller ones a client may send as many as messages."""
_AT_ONCE = 4_096
"""Bytes that are taken apart before anybody looks what was in them."""
_PATIENCE = 10.0
"""Who has said so much that it would have to wait for longer than this is not waited for."""
_BESIDE = 300
"""What a message takes beside its bytes while it waits to be taken; of one byte there may be very many."""
_FEW = 100
"""So many may wait without that: a client may ask at once for all that it wants to hear of."""
_SMALL = 16_384
"""What may have come of a message before anybody counts it."""
PARTING_S = 60.0
"""How long the last answer of a connection waits for its client to take it, and to close."""

Scope = MutableMapping[str, Any]


class Parting:
    """The transport of a request after whose answer the connection ends: the client closes it.

    Who closes first keeps the port from the next engine for a minute, and a close that avoids that
    (`SO_LINGER` of zero) throws away what the client has not taken yet.
    """

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def close(self) -> None:
        """A client that stays is sent away."""
        self._loop.call_later(PARTING_S, self._transport.abort)


class Http(HttpToolsProtocol):
    """A connection of HTTP."""

    gateway = False
    """Whether it is the gateway's."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Who comes to the gateway's socket has no address, and is the gateway."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self.gateway = _is_gateway(transport)
        if self.gateway:
            self.client = (forwarded.GATEWAY, 0)

    def on_message_begin(self) -> None:
        """Each request on it may end it."""
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: self.transport.abort}  # type: ignore[dict-item]

    def on_headers_complete(self) -> None:
        """The request is about to be answered."""
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before and not self.gateway:
            self.cycle.transport = Parting(self.transport, self.loop)  # type: ignore[assignment]


class WebSocket(WebSocketsSansIOProtocol):
    """A WebSocket."""

    pieces = 0
    """Bytes of the message that comes in pieces."""
    whole: deque[int]
    """Bytes of each message that nobody has taken yet."""
    waiting = 0
    """Their sum."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Nothing has come."""
        self.whole = deque()
        super().connection_made(transport)
        if _is_gateway(transport):
            self.client = (forwarded.GATEWAY, 0)

    def data_received(self, data: bytes) -> None:
        """What has come counts, be it a whole message or the half of one."""
        for start in range(0, len(data), _AT_ONCE):
            if self.transport.is_closing():
                return
            super().data_received(data[start : start + _AT_ONCE])
            self._count()

    def handle_ping(self) -> None:
        """It says nothing, and takes as long to read as what does."""
        super().handle_ping()
        self._calm()

    def handle_pong(self, event: Frame) -> None:
        """The same."""
        super().handle_pong(event)
        self._calm()

    def handle_cont(self, event: Frame) -> None:
        """One more piece; a message may come in any number of them."""
        self.pieces += len(event.data) + _PIECE
        super().handle_cont(event)
        if len(event.data) < _TINY:
            self._calm()

    def _calm(self) -> None:
        """Frames that no application sees are as many as messages are; of who sends more, nothing is read."""
        said = self.scope["extensions"].get(SAID) if self.handshake_initiated else None
        delay: float = said() if said is not None else 0.0  # type: ignore[operator]
        if delay > _PATIENCE:
            self.transport.abort()
        elif delay and not self.transport.is_closing():
            self.transport.pause_reading()
            self.loop.call_later(delay, self._go_on)

    def _go_on(self) -> None:
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    def handle_text(self, event: Frame) -> None:
        """The first piece."""
        self.pieces = len(event.data)
        super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        """The first piece."""
        self.pieces = len(event.data)
        super().handle_bytes(event)

    def send_receive_event_to_app(self) -> None:
        """The message is whole, and waits to be taken."""
        if not self.close_sent:  # or else it is thrown away
            self.whole.append(self.pieces)
            self.waiting += self.pieces
        self.pieces = 0
        super().send_receive_event_to_app()

    async def receive(self) -> ASGIReceiveEvent:
        """The next message, which counts for who takes it from here."""
        message = await super().receive()
        if message["type"] == "websocket.receive" and self.whole:
            self.waiting -= self.whole.popleft()
            self._count()
        return message

    def _count(self) -> None:
        beside = _BESIDE * max(0, len(self.whole) - _FEW)
        size = len(self.conn.reader.buffer) + self.pieces + self.waiting + beside
        if size > _SMALL or self.counted:
            self.counted = size > _SMALL
            coming = self.scope["extensions"].get(COMING) if self.handshake_initiated else None
            if coming is None or not coming(size if self.counted else 0):  # type: ignore[operator]
                # What comes after this is nobody's: it stays where it is until the connection ends.
                self.transport.pause_reading()
                self.conn.reader.buffer.clear()
                self.frames.clear()

    counted = False

    async def run_asgi(self) -> None:
        """Whatever way it ends, nothing of it is left soon after."""
        self.scope["extensions"][ABORT] = self.transport.abort  # type: ignore[assignment]
        try:
            await super().run_asgi()
        finally:
            self._forget()
            self.loop.call_later(self.close_timeout, self.transport.abort)

    def _forget(self) -> None:
        """Nobody takes what waits any more, and nobody counts it."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.whole.clear()
        self.waiting = 0

    def keepalive_timeout(self) -> None:
        """Who does not answer to a ping does not read what is said in parting either."""
        super().keepalive_timeout()
        self.transport.abort()


def _is_gateway(transport: BaseTransport) -> bool:
    """By the socket itself: of a TCP client that has gone already there is no address either."""
    own = transport.get_extra_info("socket")
    return own is not None and own.family == AF_UNIX


def abort_of(scope: Scope) -> Callable[[], None]:
    """What ends this connection at once; nothing, where the server is another one."""
    found: Callable[[], None] = (scope.get("extensions") or {}).get(ABORT, _nothing)
    return found


def _nothing() -> None:
    """There is no way."""
