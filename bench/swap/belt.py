"""`python -m bench.swap.belt NAME PORT`: the smallest belt, which answers every request with its name."""

import asyncio
import json
import sys
from typing import cast

import uvloop

END = b"\r\n\r\n"


class Answering(asyncio.Protocol):
    """One connection; it reads each request to its end before it answers."""

    def __init__(self, name: str) -> None:
        """Prepare the answer, which is always the same."""
        body = json.dumps({"data": {"belt": name}}).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Belt: {name}\r\n"
        self._answer = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is no subclass of it

    def data_received(self, data: bytes) -> None:
        """Answer each complete request."""
        self._seen += data
        while (whole := whole_request(self._seen)) is not None:
            self._seen = self._seen[whole:]
            self._transport.write(self._answer)


def whole_request(seen: bytes) -> int | None:
    """The length of the first request, if it is complete: with a length, in chunks, or without a body."""
    end = seen.find(END)
    if end < 0:
        return None
    head, body = seen[:end].lower(), end + len(END)
    if b"\r\ntransfer-encoding: chunked" in head:
        last = seen.find(b"0\r\n\r\n", body)
        return None if last < 0 else last + 5
    _, found, rest = head.partition(b"\r\ncontent-length:")
    length = int(rest.split(b"\r\n", 1)[0]) if found else 0
    return body + length if len(seen) >= body + length else None


async def serve(name: str, port: int) -> None:
    """Serves until the process is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: Answering(name), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


def main(name: str, port: str) -> int:
    """Never returns by itself."""
    uvloop.run(serve(name, int(port)))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
