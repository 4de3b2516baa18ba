"""The two WebSocket protocols of GraphQL, with the message types of each."""

from dataclasses import dataclass
from typing import Any

import orjson

from belts.engine.errors import EngineError


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One subprotocol, with all the differences between the two."""

    name: str
    start: str
    stop: str
    data: str
    legacy: bool

    def next(self, identity: str, payload: bytes) -> bytes:
        """A message that carries an answer."""
        head, tail = self.around(identity)
        return head + payload + tail

    def around(self, identity: str) -> tuple[bytes, bytes]:
        """The start and the end of such a message."""
        head = orjson.dumps({"type": self.data, "id": identity})
        return head[:-1] + b',"payload":', b"}"

    def refused(self, identity: str, error: EngineError) -> bytes:
        """A message that refuses an operation."""
        errors = [error.as_graphql()]
        payload: Any = {"errors": errors} if self.legacy else errors
        return orjson.dumps({"type": "error", "id": identity, "payload": payload})

    def complete(self, identity: str) -> bytes:
        """A message that ends an operation."""
        return orjson.dumps({"type": "complete", "id": identity})


MODERN = Protocol(name="graphql-transport-ws", start="subscribe", stop="complete", data="next", legacy=False)
LEGACY = Protocol(name="graphql-ws", start="start", stop="stop", data="data", legacy=True)


def chosen(offered: list[str]) -> Protocol | None:
    """Chooses an offered protocol, the newer one first; without an offer the older, as Hasura does."""
    if not offered:
        return LEGACY
    return next((protocol for protocol in (MODERN, LEGACY) if protocol.name in offered), None)
