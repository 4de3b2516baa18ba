"""Answers are sent as they are read, and whoever does not read loses the connection."""

import asyncio
from typing import Any

import pytest

from belts.engine.clients.accounts import Account
from belts.engine.clients.unread import Unread
from belts.engine.serve import sending
from belts.engine.serve.connections import ABORT
from belts.engine.serve.sending import PIECE, patience, send_body


class Client:
    """A client that reads so many pieces, and then no more."""

    def __init__(self, reads: int) -> None:
        self.reads = reads
        self.got: list[bytes] = []
        self.lost = False
        self.scope: dict[str, Any] = {"extensions": {ABORT: self.abort}}

    def abort(self) -> None:
        self.lost = True

    async def send(self, message: Any) -> None:
        if len(self.got) >= self.reads:
            await asyncio.Event().wait()
        self.got.append(message["body"])
        assert message.get("more_body", False) == (len(message["body"]) == PIECE)


async def test_a_client_that_reads() -> None:
    """It gets all of it, in pieces, and nothing is counted afterwards."""
    client, unread = Client(reads=99), Unread(10**9)
    body = bytes(range(250)) * 1_000
    await send_body(client.scope, client.send, body, Account(name="a"), unread)
    assert b"".join(client.got) == body
    assert (len(client.got), client.lost, unread.bytes) == (4, False, 0)


async def test_a_client_that_stops_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection is ended, and what it did not read is kept no more."""
    monkeypatch.setattr(sending, "READ_S", 0.01)
    monkeypatch.setattr(sending, "LEAST_BYTES_A_SECOND", 10**9)
    client, unread, account = Client(reads=1), Unread(10**9), Account(name="a")
    await send_body(client.scope, client.send, b"x" * 3 * PIECE, account, unread)
    assert client.lost
    assert (unread.bytes, account.unread) == (0, 0)


def test_how_long() -> None:
    """A large answer over a slow line is not dropped: 10 MiB may take more than five minutes."""
    assert patience(0) == 30
    assert patience(10 * 2**20) > 300
