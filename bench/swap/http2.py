"""One connection of HTTP/2 without TLS that sends the next request once it is answered, stream by stream.

Written by hand, since a full HTTP/2 library is slower than the measured gateways. The compression of headers
is switched off, so that equal header blocks always mean the same.
"""

import asyncio
import struct
import time
from functools import lru_cache

from hpack import Decoder, Encoder, NeverIndexedHeaderTuple

from bench.swap import asking

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8
NO_TABLE, NO_PUSH = struct.pack(">HL", 1, 0), struct.pack(">HL", 2, 0)
REFUSED = 7
WIDE = 2**31 - 1 - 65_535
LAST_STREAM = 2**31 - 3


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One frame in wire format."""
    return struct.pack(">L", len(payload))[1:] + struct.pack(">BBL", kind, flags, stream) + payload


@lru_cache(maxsize=1024)
def headers(block: bytes) -> dict[str, str]:
    """Decodes a header block, which does not depend on earlier ones."""
    return {str(name): str(value) for name, value in Decoder().decode(block)}


class Connection(asking.Connection):
    """One request at a time, each sent once the former is answered."""

    def __init__(self, whose: asking.Asking) -> None:
        """Prepare the request's headers."""
        super().__init__(whose)
        self._stream = -1
        self._goes = False
        self._answer: tuple[str, str] = ("", "")
        self._body = b""
        told = {
            ":method": "POST",
            ":scheme": "http",
            ":authority": whose.authority,
            ":path": "/v1/graphql",
            "content-type": "application/json",
            "content-length": str(len(whose.question)),
        }
        self._head = Encoder().encode([NeverIndexedHeaderTuple(*pair) for pair in told.items()])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the settings, and ask at once."""
        super().connection_made(transport)
        settings = frame(SETTINGS, 0, 0, NO_TABLE + NO_PUSH)
        self._transport.write(PREFACE + settings + frame(WINDOW, 0, 0, struct.pack(">L", WIDE)))
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Handle every complete frame."""
        self._seen += data
        while len(self._seen) >= 9:
            length = int.from_bytes(self._seen[:3], "big")
            if len(self._seen) < 9 + length:
                return
            kind, flags, stream = struct.unpack(">BBL", self._seen[3:9])
            payload, self._seen = self._seen[9 : 9 + length], self._seen[9 + length :]
            self._take(kind, flags, stream, payload)

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == SETTINGS and not flags & ACK:
            self._transport.write(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self._transport.write(frame(PING, ACK, 0, payload))
        elif kind == GOAWAY:
            self._leave(last=int.from_bytes(payload[:4], "big"))
        elif stream == self._stream and self._sent:
            self._take_answer(kind, flags, payload)

    def _take_answer(self, kind: int, flags: int, payload: bytes) -> None:
        if kind == RESET:
            self._turned_away(refused=int.from_bytes(payload, "big") == REFUSED)
            return
        if kind not in {HEADERS, DATA}:
            return
        if flags & PADDED or (kind == HEADERS and not flags & END_HEADERS):
            self._given_up("an answer of a shape that is not read here")
            return
        if kind == DATA:
            self._body += payload
        elif not self._answer[0]:
            found = headers(payload)
            self._answer = (found[":status"], found.get("x-belt", ""))
        if flags & END_STREAM:
            sent, self._sent = self._sent, 0.0
            status, label = self._answer
            self._asking.answered(sent, status=status, label=label, body=self._body)
            self._ask()

    def _leave(self, *, last: int) -> None:
        """The server accepts no new streams here; one that it did not accept may be sent elsewhere."""
        self._goes = True
        if self._sent and self._stream > last:
            self._turned_away(refused=True)
        elif not self._sent:
            self._transport.close()

    def _turned_away(self, *, refused: bool) -> None:
        self._sent = 0.0
        if refused:
            self._asking.sent_again()
        else:
            self._asking.failed("stream reset")
        self._ask()

    def _ask(self) -> None:
        if self._asking.ended:
            return
        if self._goes or self._stream >= LAST_STREAM:
            self._transport.close()
            return
        self._stream += 2
        self._answer, self._body = ("", ""), b""
        self._sent = time.monotonic()
        head = frame(HEADERS, END_HEADERS, self._stream, self._head)
        self._transport.write(head + frame(DATA, END_STREAM, self._stream, self._asking.question))
