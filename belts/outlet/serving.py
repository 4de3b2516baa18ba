"""Takes one client after the other: its address, TLS, its startup packet, then bytes both ways.

The first packet is read from the bare socket to its last byte, and no further: what somebody on the way
sends in clear behind it is taken for TLS, and fails as that.
"""

import asyncio
import socket
import ssl
import struct
import sys
from collections.abc import Awaitable
from contextlib import suppress
from typing import TypeVar

from belts.outlet.certified import Certified
from belts.outlet.opening import CANCEL, GSS, HEAD, LONGEST, SSL, Head, Unfit, demand, head, refusal
from belts.outlet.told import Told

BEGIN_S = 10.0
"""How long a client may take to come as far as its login."""
AT_ONCE = 256
CHUNK = 64 * 1024
FAULTS = (OSError, ssl.SSLError, asyncio.IncompleteReadError, struct.error)

T = TypeVar("T")


class Serving:
    """One outlet."""

    def __init__(self, told: Told, certified: Certified) -> None:
        """`certified` is asked anew for each client."""
        self._told = told
        self._certified = certified
        self._clients: set[asyncio.Task[None]] = set()

    async def run(self, listening: socket.socket) -> None:
        """Until it is cancelled."""
        loop = asyncio.get_running_loop()
        listening.settimeout(0)
        try:
            while True:
                try:
                    taken, peer = await loop.sock_accept(listening)
                except OSError as fault:  # too many files are open, or the client has gone already
                    sys.stderr.write(f"belts.outlet: no client could be taken ({type(fault).__name__})\n")
                    await asyncio.sleep(0.1)
                    continue
                if len(self._clients) >= AT_ONCE or not self._told.lets_in(str(peer[0])):
                    taken.close()
                    continue
                client = asyncio.create_task(self._client(taken))
                self._clients.add(client)
                client.add_done_callback(self._clients.discard)
        finally:
            for client in tuple(self._clients):
                client.cancel()

    async def _client(self, taken: socket.socket) -> None:
        with suppress(*FAULTS, TimeoutError):
            taken.settimeout(0)
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if not await self._secured(taken):
                return
            reader, writer = await _over_tls(taken, self._certified.context())
            try:
                await self._logged_in(reader, writer)
            finally:
                writer.close()
                await _in_time(writer.wait_closed())

    async def _secured(self, taken: socket.socket) -> bool:
        """Whether TLS begins; a socket that goes no further is closed here, any other is its transport's."""
        secured = False
        try:
            await _in_time(self._asked_for_tls(taken))
            secured = True
        except Unfit as why:
            await _in_time(_told_in_clear(taken, refusal(str(why))))
        finally:
            if not secured:
                taken.close()
        return secured

    async def _asked_for_tls(self, taken: socket.socket) -> None:
        """The client asks for TLS before it says anything; what is in clear is refused in words."""
        loop = asyncio.get_running_loop()
        for _ in range(2):  # one that has Kerberos asks for that first
            found = head(await _exactly(taken, HEAD))
            if found.rest == 0 and found.code == SSL:
                await loop.sock_sendall(taken, b"S")
                return
            if found.rest != 0 or found.code != GSS:
                break
            await loop.sock_sendall(taken, b"N")
        raise Unfit("connect with sslmode=verify-full: nothing is read in clear")

    async def _logged_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            found, packet = await _in_time(_first(reader))
            if found.code != CANCEL:
                demand(found, packet[HEAD:], database=self._told.database)
            inner, outer = await asyncio.open_unix_connection(self._told.socket)
        except Unfit as why:
            await _said(writer, refusal(str(why)))
            return
        except OSError:
            await _said(writer, refusal("the database is down", code="57P03"))
            return
        try:
            outer.write(packet)
            await outer.drain()
            ways = [asyncio.create_task(_pass(*way)) for way in ((reader, outer), (inner, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            outer.close()


async def _first(reader: asyncio.StreamReader) -> tuple[Head, bytes]:
    sent = await reader.readexactly(HEAD)
    found = head(sent)
    return found, sent + await reader.readexactly(found.rest)


async def _over_tls(
    taken: socket.socket, context: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=CHUNK, loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport, _ = await loop.connect_accepted_socket(
        lambda: protocol, taken, ssl=context, ssl_handshake_timeout=BEGIN_S
    )
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def _exactly(taken: socket.socket, size: int) -> bytes:
    loop, sent = asyncio.get_running_loop(), b""
    while len(sent) < size:
        more = await loop.sock_recv(taken, size - len(sent))
        if not more:
            raise ConnectionResetError
        sent += more
    return sent


async def _told_in_clear(taken: socket.socket, words: bytes) -> None:
    """What the client has sent is read before the socket closes: else words under way would be lost."""
    loop, left = asyncio.get_running_loop(), LONGEST
    await loop.sock_sendall(taken, words)
    taken.shutdown(socket.SHUT_WR)
    while left > 0 and (more := await loop.sock_recv(taken, left)):
        left -= len(more)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One way, no faster than the other side reads; what was read before the end is written."""
    while more := await reader.read(CHUNK):
        writer.write(more)
        await writer.drain()


async def _said(writer: asyncio.StreamWriter, words: bytes) -> None:
    writer.write(words)
    await _in_time(writer.drain())


async def _in_time(work: Awaitable[T]) -> T:
    return await asyncio.wait_for(work, BEGIN_S)
