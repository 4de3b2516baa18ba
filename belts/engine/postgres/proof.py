"""Trusts only a Postgres that proves by SCRAM that it knows the password; asyncpg has no setting for that.

asyncpg sends a password in clear to any server that asks for one, and trusts a server that asks for none. So
this reads the server's messages before authentication completes, one by one. A message out of order is not
passed on: asyncpg then sees an error of the server.
"""

import logging
import struct
import time
from typing import Any

import asyncpg
from asyncpg import protocol

from belts.refusal import Refusal

SASL, SASL_CONTINUE, SASL_FINAL, LET_IN = 10, 11, 12, 0
TURNS = (SASL, SASL_CONTINUE, SASL_FINAL, LET_IN)
"""asyncpg itself compares the signature in `SASL_FINAL`, and closes the connection if it is wrong."""
ASKS = {
    LET_IN: "lets in without the password",
    2: "asks for Kerberos",
    3: "asks for the password in clear",
    5: "asks for the password by MD5",
    7: "asks for GSSAPI",
    9: "asks for SSPI",
}
HEADER = struct.Struct("!cI")
BEFORE = frozenset({b"R", b"E", b"N", b"v"})
"""What Postgres may send before authentication completes: requests, errors, notices, an older protocol."""
LONGEST = 65_536
SAY_EVERY_S = 10.0

_LOG = logging.getLogger("belts.engine")


class Proved(protocol.Protocol):
    """The client's side of one connection, which completes only by the four steps of SCRAM.

    A unix socket may complete without them: its folder's owner decides who listens there.
    """

    _said_at = -SAY_EVERY_S

    def __init__(self, address: object, *others: Any) -> None:
        super().__init__(address, *others)
        self._address = address
        self._turn = 0
        self._unread = b""
        self._refused = False
        self.proved = False

    def data_received(self, data: Any) -> None:
        """Handles the server's bytes. After the proof, this is the hot path."""
        if not self.proved:
            if self._refused:
                return
            if seen := self._out_of_turn(data):
                self._refuse(seen)
                return
        super().data_received(data)

    def _out_of_turn(self, data: bytes) -> str:
        """Describes the first message that is out of order; empty if there is none."""
        self._unread += data
        while len(self._unread) >= HEADER.size and not self.proved:
            kind, length = HEADER.unpack_from(self._unread)
            if kind not in BEFORE or not HEADER.size - 1 <= length <= LONGEST:
                return "does not speak as Postgres does before it lets anybody in"
            if len(self._unread) < length + 1:
                break
            if kind == b"R" and (seen := self._next(int.from_bytes(self._unread[5:9]))):
                return seen
            self._unread = self._unread[length + 1 :]
        return ""

    def _next(self, asks: int) -> str:
        if self._turn == 0 and asks == LET_IN and isinstance(self._address, str):
            self._turn = TURNS.index(LET_IN)
        if asks != TURNS[self._turn]:
            return ASKS.get(asks, "does not keep to the order of SCRAM")
        self._turn += 1
        self.proved = self._turn == len(TURNS)
        return ""

    def _refuse(self, seen: str) -> None:
        """Ends the attempt like an error of the server; later bytes are not read."""
        self._refused = True
        say(self._address, f"it {seen}")
        fields = b"SFATAL\0C28000\0Mthe server did not show that it knows the password\0\0"
        super().data_received(HEADER.pack(b"E", len(fields) + 4) + fields)


# asyncpg makes its connections with the class of this name, and has no setting for another.
protocol.Protocol = Proved  # type: ignore[assignment, misc]


async def connect(url: str, **options: Any) -> asyncpg.Connection:
    """Connects to a server that proves it; closes a connection that was not checked."""
    try:
        connection: asyncpg.Connection = await asyncpg.connect(url, **options)
    except asyncpg.InterfaceError as error:
        say("its address", f"{error}")
        raise
    if not is_proved(connection):
        connection.terminate()
        raise asyncpg.InterfaceError("the server was not asked to show that it knows the password")
    return connection


def is_proved(connection: object) -> bool:
    """Whether the server was checked and has proved it."""
    return getattr(getattr(connection, "_protocol", None), "proved", False) is True


def say(address: object, seen: str) -> None:
    """Logs it, but not at each attempt; clients are not notified."""
    now = time.monotonic()
    if now - Proved._said_at < SAY_EVERY_S:
        return
    Proved._said_at = now
    refusal = Refusal(
        "the database is not believed",
        expected=f"a server at {address} that shows by SCRAM that it knows the password",
        seen=seen,
        now="see who listens there: `ss -ltnp`",
    )
    _LOG.error("%s", refusal)
