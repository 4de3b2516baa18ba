"""The ASGI server's connections, each with a way to abort it.

A client that does not read keeps what was written to it as long as it likes, and a close that waits for it
takes as long. So dropping a client means aborting its connection, for which ASGI has no message.
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
"""What a piece of a message takes besides its bytes, of which it may have none."""
_TINY = 1_024
"""Pieces below this size are throttled; a client may send as many of them as messages."""
_AT_ONCE = 4_096
"""Bytes that are parsed before their memory is counted."""
_PATIENCE = 10.0
"""A client that would have to wait longer than this because of its frames is disconnected."""
_BESIDE = 300
"""What a message takes besides its bytes while it waits; there may be very many one-byte messages."""
_FEW = 100
"""This many may wait without that overhead: a client may send all its subscriptions at once."""
_SMALL = 16_384
"""The part of a message that may arrive before it is counted."""
PARTING_S = 60.0
"""How long the last answer of a connection waits for its client to read it, and to close."""

Scope = MutableMapping[str, Any]


class Parting:
    """The transport of a request after whose answer the connection ends: the client closes it.

    The side that closes first keeps the port from the next engine for a minute, and a close that avoids that
    (`SO_LINGER` of zero) discards what the client has not read yet.
    """

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def close(self) -> None:
        """Aborts the connection of a client that stays."""
        self._loop.call_later(PARTING_S, self._transport.abort)


class Http(HttpToolsProtocol):
    """An HTTP connection."""

    gateway = False
    """Whether it is the gateway's."""

    def connection_made(self, transport: BaseTransport) -> None:
        """A client at the gateway's socket has no address, and is the gateway."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self.gateway = _is_gateway(transport)
        if self.gateway:
            self.client = (forwarded.GATEWAY, 0)

    def on_message_begin(self) -> None:
        """Gives each request a way to abort the connection."""
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: self.transport.abort}  # type: ignore[dict-item]

    def on_headers_complete(self) -> None:
        """Wraps the transport of the request that is about to be answered."""
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before and not self.gateway:
            self.cycle.transport = Parting(self.transport, self.loop)  # type: ignore[assignment]


class WebSocket(WebSocketsSansIOProtocol):
    """A WebSocket."""

    pieces = 0
    """Bytes of the message that is arriving in pieces."""
    whole: deque[int]
    """Bytes of each complete message that was not received by the application yet."""
    waiting = 0
    """The sum of `whole`."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Starts with nothing waiting."""
        self.whole = deque()
        super().connection_made(transport)
        if _is_gateway(transport):
            self.client = (forwarded.GATEWAY, 0)

    def data_received(self, data: bytes) -> None:
        """Counts what has arrived, whether a whole message or a part of one."""
        for start in range(0, len(data), _AT_ONCE):
            if self.transport.is_closing():
                return
            super().data_received(data[start : start + _AT_ONCE])
            self._count()

    def handle_ping(self) -> None:
        """Throttles pings, which take as long to read as messages."""
        super().handle_ping()
        self._calm()

    def handle_pong(self, event: Frame) -> None:
        """Throttles pongs likewise."""
        super().handle_pong(event)
        self._calm()

    def handle_cont(self, event: Frame) -> None:
        """Counts one more piece; a message may arrive in any number of them."""
        self.pieces += len(event.data) + _PIECE
        super().handle_cont(event)
        if len(event.data) < _TINY:
            self._calm()

    def _calm(self) -> None:
        """Allows as many frames hidden from the application as messages; pauses reading beyond that."""
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
        """Starts counting with the first piece."""
        self.pieces = len(event.data)
        super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        """Starts counting with the first piece."""
        self.pieces = len(event.data)
        super().handle_bytes(event)

    def send_receive_event_to_app(self) -> None:
        """Queues the complete message."""
        if not self.close_sent:  # or else it is thrown away
            self.whole.append(self.pieces)
            self.waiting += self.pieces
        self.pieces = 0
        super().send_receive_event_to_app()

    async def receive(self) -> ASGIReceiveEvent:
        """The next message; from here on, the receiver counts its bytes."""
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
                # Later bytes are not processed: they stay in the socket until the connection ends.
                self.transport.pause_reading()
                self.conn.reader.buffer.clear()
                self.frames.clear()

    counted = False

    async def run_asgi(self) -> None:
        """Runs the application; afterwards the connection is soon aborted, however it ended."""
        self.scope["extensions"][ABORT] = self.transport.abort  # type: ignore[assignment]
        try:
            await super().run_asgi()
        finally:
            self._forget()
            self.loop.call_later(self.close_timeout, self.transport.abort)

    def _forget(self) -> None:
        """Discards what waits: nothing receives or counts it any more."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.whole.clear()
        self.waiting = 0

    def keepalive_timeout(self) -> None:
        """A client that does not answer a ping does not read a close either, so it is aborted."""
        super().keepalive_timeout()
        self.transport.abort()


def _is_gateway(transport: BaseTransport) -> bool:
    """Whether it is a unix socket; the address does not tell: a TCP client that left has none either."""
    own = transport.get_extra_info("socket")
    return own is not None and own.family == AF_UNIX


def abort_of(scope: Scope) -> Callable[[], None]:
    """The function that aborts this connection; it does nothing under another server."""
    found: Callable[[], None] = (scope.get("extensions") or {}).get(ABORT, _nothing)
    return found


def _nothing() -> None:
    """Does nothing."""
