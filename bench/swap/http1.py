"""One keep-alive connection of HTTP/1.1 that sends the next request once it is answered."""

import asyncio
import time

from bench.swap import asking

END = b"\r\n\r\n"


class Connection(asking.Connection):
    """One request at a time, each sent once the former is answered."""

    def __init__(self, whose: asking.Asking) -> None:
        """Prepare the request."""
        super().__init__(whose)
        question = whose.question
        self._request = (
            f"POST /v1/graphql HTTP/1.1\r\nHost: {whose.authority}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(question)}\r\n\r\n"
        ).encode() + question

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask at once."""
        super().connection_made(transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Read an answer, or a part of one."""
        self._seen += data
        end = self._seen.find(END)
        if end < 0:
            return
        head = self._seen[:end].lower()
        _, found, rest = head.partition(b"\r\ncontent-length:")
        if not found:
            self._given_up("an answer without a length")
            return
        whole = end + len(END) + int(rest.split(b"\r\n", 1)[0])
        if len(self._seen) < whole:
            return
        body, self._seen = self._seen[end + len(END) : whole], self._seen[whole:]
        sent, self._sent = self._sent, 0.0
        _, _, named = head.partition(b"\r\nx-belt:")
        label = named.split(b"\r\n", 1)[0].strip().decode()
        self._asking.answered(sent, status=head[9:12].decode(), label=label, body=body)
        if b"\r\nconnection: close" in head:
            self._transport.close()
        else:
            self._ask()

    def _ask(self) -> None:
        if self._asking.ended:
            return
        self._sent = time.monotonic()
        self._transport.write(self._request)
