"""A real WebSocket server that stands in front of a real one, and may tamper with what it tells."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from tests.live.gate.relay import as_exact_json

Told = dict[str, Any]
Change = Callable[[str, Told], Told | None]
"""Of the text of a subscription and a message about it, the message that is told instead, or none."""


@contextmanager
def socket_relay(port: int, upstream: str, change: Change) -> Iterator[str]:
    """The URL of a server in front of `upstream`."""

    def handle(client: ServerConnection) -> None:
        with connect(upstream, subprotocols=[client.subprotocol] if client.subprotocol else None) as server:
            asked: dict[str, str] = {}
            back = threading.Thread(target=_back, args=(server, client, asked, change), daemon=True)
            back.start()
            with suppress(ConnectionClosed):
                for text in client:
                    message = json.loads(text)
                    if message["type"] in {"subscribe", "start"}:
                        asked[message["id"]] = message["payload"]["query"]
                    server.send(text)
        back.join()

    names = [Subprotocol("graphql-transport-ws"), Subprotocol("graphql-ws")]
    with serve(handle, "127.0.0.1", port, subprotocols=names) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}/v1/graphql"
        finally:
            server.shutdown()
            thread.join()


def _back(server: Any, client: Any, asked: dict[str, str], change: Change) -> None:
    with suppress(ConnectionClosed):
        for text in server:
            message = json.loads(text, parse_float=Decimal)
            told = change(asked.get(message.get("id"), ""), message)
            if told is not None:
                client.send(as_exact_json(told).body.decode())
