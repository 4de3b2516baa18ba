"""Sends an answer as fast as its client reads it, within a reasonable time."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from belts.engine.clients.accounts import Account
from belts.engine.clients.unread import Unread
from belts.engine.serve.connections import abort_of

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

PIECE = 65_536
"""The bytes of one write: a connection buffers about as much before its client has to read."""
READ_S = 30.0
LEAST_BYTES_A_SECOND = 32_768
"""How long a client may take to read or send: a fixed time, plus time for the size."""


def patience(size: int) -> float:
    """How long a transfer of this size between a client and the engine may take."""
    return READ_S + size / LEAST_BYTES_A_SECOND


async def send_body(scope: Message, send: Send, body: bytes, account: Account, unread: Unread) -> None:
    """Sends the body of an answer; a client that does not read it is disconnected."""
    if len(body) <= PIECE:
        await send({"type": "http.response.body", "body": body})
        return
    abort = abort_of(scope)
    reading = unread.reading(account, abort)
    unread.add(reading, len(body))
    try:
        async with asyncio.timeout(patience(len(body))):
            for start in range(0, len(body), PIECE):
                more = start + PIECE < len(body)
                piece = body[start : start + PIECE]
                await send({"type": "http.response.body", "body": piece, "more_body": more})
                unread.read(reading, len(piece))
    except TimeoutError:
        abort()
    finally:
        unread.end(reading)
