"""One WebSocket to a belt's GraphQL, as subscribers open it.

Both protocols that Hasura supports are tried. Questions are sent one after the other on one connection, which
is opened for the first of them, and again after it broke.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    WebSocketException,
)
from websockets.typing import Subprotocol

from gate.agent import AGENT
from gate.amounts import amount
from gate.connections import certified
from gate.endpoints import Side
from gate.observations.unobserved import Cause
from gate.probes.graphql.ask import belt_on, data_of
from gate.probes.http import LARGEST_ANSWER, BrokenOffError
from gate.probes.served.door import headers_as
from gate.probes.unseen import BusyError, SlowError, UnseenError
from gate.probes.world import World
from gate.secret import Address

BUSY = frozenset({429, 500, 502, 503, 504})
DENIED = frozenset({401, 402, 403})
DENIALS = frozenset({4401, 4403})
"""Codes that close a socket for lack of permission."""
PASSING = frozenset({1001, 1011, 1012, 1013, 1014})
"""Codes that close it because the server goes away, is broken, or is overloaded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Protocol:
    """The names that the two protocols use for the same messages."""

    name: str
    start: str
    answer: str
    stop: str


PROTOCOLS = (
    Protocol(name="graphql-transport-ws", start="subscribe", answer="next", stop="complete"),
    Protocol(name="graphql-ws", start="start", answer="data", stop="stop"),
)


class Plainly(connect):
    """A connection that follows no redirects, as consumers' clients do not."""

    def process_redirect(self, exc: Exception) -> Exception:
        """Returns the exception unchanged."""
        return exc


@dataclass(kw_only=True, slots=True)
class Subscriber:
    """One connection with one role."""

    world: World
    side: Side
    role: str
    _wire: ClientConnection | None = field(default=None, repr=False)
    _protocol: Protocol = PROTOCOLS[0]
    _number: int = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        await self._hang_up()

    @property
    def address(self) -> Address:
        """The address to subscribe at."""
        return belt_on(self.world.endpoints, self.side).graphql

    async def told(
        self, query: str, variables: Mapping[str, object], patience: float, *, number: int
    ) -> list[str]:
        """The first answers to a subscription, as raw messages.

        Each has to arrive within `patience` of the one before it.
        """
        found: list[str] = []
        seconds = min(patience, self.world.remaining)
        try:
            async with asyncio.timeout(seconds) as limit:
                async with aclosing(self.follow(query, variables)) as messages:
                    async for message in messages:
                        found.append(message)
                        if len(found) == number:
                            return found
                        seconds = min(patience, self.world.remaining)
                        limit.reschedule(asyncio.get_running_loop().time() + seconds)
        except TimeoutError as error:
            await self._hang_up()
            if seconds < patience:
                words = f"{self.address} had not answered a subscription when the gate's time was up"
                raise UnseenError(words, Cause.DEADLINE) from error
            more = f" after {amount(len(found), 'answer')}" if found else ""
            words = f"{self.address} did not answer a subscription within {seconds:g} s{more}"
            raise SlowError(words, Cause.TIMEOUT) from error
        last = f"after {amount(len(found), 'answer')}" if found else "without an answer"
        raise UnseenError(f"{self.address} ends a subscription {last}", Cause.BAD_ANSWER)

    async def follow(self, query: str, variables: Mapping[str, object]) -> AsyncGenerator[str]:
        """The answers to a subscription, as raw messages."""
        try:
            wire = self._wire or await self._opened()
            self._number += 1
            mine, protocol = str(self._number), self._protocol
            payload = {"query": query, "variables": dict(variables)}
            await _say(wire, id=mine, type=protocol.start, payload=payload)
            try:
                async for text, message in _heard(wire, self.address):
                    if message.get("id") != mine:
                        continue
                    if message["type"] == protocol.answer:
                        yield text
                    elif message["type"] == "error":
                        data_of({"errors": message.get("payload")}, self.address)
                    elif message["type"] == "complete":
                        return
            finally:
                with suppress(ConnectionClosed):
                    await _say(wire, id=mine, type=protocol.stop)
        except ConnectionClosed as error:
            self._wire = None
            raise BrokenOffError(
                f"{self.address} closed a WebSocket: {_end(error)}", Cause.UNREACHABLE
            ) from None

    async def _opened(self) -> ClientConnection:
        """An accepted connection, with the first protocol that the server supports.

        A broken connection may mean an unknown protocol, or nothing: only if the server explicitly refuses
        every protocol does it have no subscriptions.
        """
        refused: list[UnseenError] = []
        for protocol in PROTOCOLS:
            try:
                self._wire, self._protocol = await self._open(protocol), protocol
            except UnseenError as error:
                if error.unobserved.cause is not Cause.UNSUPPORTED and not isinstance(error, BrokenOffError):
                    raise
                refused.append(error)
            else:
                return self._wire
        raise next((one for one in refused if isinstance(one, BrokenOffError)), refused[-1])

    async def _open(self, protocol: Protocol) -> ClientConnection:
        parts = self.address.parts
        secure = parts.scheme == "https"
        headers = headers_as(self.role, belt_on(self.world.endpoints, self.side))
        try:
            wire = await Plainly(
                parts._replace(scheme="wss" if secure else "ws").geturl(),
                subprotocols=[Subprotocol(protocol.name)],
                ssl=certified() if secure else None,
                user_agent_header=AGENT,
                compression=None,
                proxy=None,
                open_timeout=None,
                close_timeout=1,
                max_size=LARGEST_ANSWER,
            )
        except InvalidStatus as error:
            raise _refusal(error.response.status_code, self.address) from None
        except InvalidMessage as error:
            if isinstance(error.__cause__, EOFError):
                raise BrokenOffError(f"{self.address} broke off a handshake", Cause.UNREACHABLE) from None
            raise UnseenError(f"{self.address} takes no WebSocket: {error}", Cause.UNSUPPORTED) from None
        except ConnectionError as error:
            words = str(error) or type(error).__name__
            raise BrokenOffError(f"{self.address} cannot be reached: {words}", Cause.UNREACHABLE) from None
        except (InvalidHandshake, WebSocketException) as error:
            raise UnseenError(f"{self.address} takes no WebSocket: {error}", Cause.UNSUPPORTED) from None
        except OSError as error:
            words = str(error) or type(error).__name__
            raise UnseenError(f"{self.address} cannot be reached: {words}", Cause.UNREACHABLE) from None
        try:
            await self._let_in(wire, protocol, headers)
        except BaseException:
            await wire.close()
            raise
        return wire

    async def _let_in(self, wire: ClientConnection, protocol: Protocol, headers: Mapping[str, str]) -> None:
        if wire.subprotocol != protocol.name:
            raise UnseenError(f"{self.address} does not speak {protocol.name}", Cause.UNSUPPORTED)
        try:
            await _say(wire, type="connection_init", payload={"headers": headers} if headers else {})
            async for _, message in _heard(wire, self.address):
                if message["type"] == "connection_ack":
                    return
                if message["type"] == "connection_error":
                    why = message.get("payload")
                    raise UnseenError(f"{self.address} lets no subscriber in: {why}", Cause.DENIED)
        except ConnectionClosed as error:
            words = f"{self.address} lets no subscriber in: {_end(error)}"
            if error.rcvd is None or error.rcvd.code in PASSING:
                raise BrokenOffError(words, Cause.UNREACHABLE) from None
            cause = Cause.DENIED if error.rcvd.code in DENIALS else Cause.UNSUPPORTED
            raise UnseenError(words, cause) from None

    async def _hang_up(self) -> None:
        if self._wire is not None:
            wire, self._wire = self._wire, None
            await wire.close()


async def _say(wire: ClientConnection, **message: object) -> None:
    await wire.send(orjson.dumps(message).decode())


async def _heard(wire: ClientConnection, address: Address) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """The incoming messages, as text and parsed; pings are answered."""
    while True:
        text = await wire.recv(decode=True)
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise UnseenError(f"{address} sends what is no message of GraphQL", Cause.BAD_ANSWER)
        if message["type"] == "ping":
            await _say(wire, type="pong")
        yield text, message


def _refusal(status: int, address: Address) -> UnseenError:
    """The error for a WebSocket that was answered with a status."""
    words = f"{address} answers a WebSocket with status {status}"
    if status in BUSY:
        return BusyError(words, Cause.UNREACHABLE)
    return UnseenError(words, Cause.DENIED if status in DENIED else Cause.UNSUPPORTED)


def _end(error: ConnectionClosed) -> str:
    """The reason that a socket was closed with."""
    if error.rcvd is None:
        return "without a word"
    return f"{error.rcvd.code} {error.rcvd.reason}".strip()
