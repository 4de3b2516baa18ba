"""The ASGI server's connections, each with a way to end it at once.

A client that does not read keeps what was written to it for as long as it likes, and a close that waits for
it waits as long. So what drops a client has to drop the connection itself, which ASGI has no word for.
"""

from collections.abc import Callable, MutableMapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

ABORT = "belts.abort"

Scope = MutableMapping[str, Any]


class Http(HttpToolsProtocol):
    """A connection of HTTP."""

    def on_message_begin(self) -> None:
        """Each request on it may end it."""
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: self.transport.abort}  # type: ignore[dict-item]


class WebSocket(WebSocketsSansIOProtocol):
    """A WebSocket."""

    async def run_asgi(self) -> None:
        """Whatever way it ends, nothing of it is left soon after."""
        self.scope["extensions"][ABORT] = self.transport.abort  # type: ignore[assignment]
        try:
            await super().run_asgi()
        finally:
            self.loop.call_later(self.close_timeout, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """Who does not answer to a ping does not read what is said in parting either."""
        super().keepalive_timeout()
        self.transport.abort()


def abort_of(scope: Scope) -> Callable[[], None]:
    """What ends this connection at once; nothing, where the server is another one."""
    found: Callable[[], None] = (scope.get("extensions") or {}).get(ABORT, _nothing)
    return found


def _nothing() -> None:
    """There is no way."""
