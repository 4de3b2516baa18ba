"""One WebSocket: reads a client's messages, runs its operations, sends the results."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Hashable, MutableMapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from belts.engine.clients.held import Hold
from belts.engine.clients.turns import Busy, Turn
from belts.engine.errors import AccessDenied, BadRequest, EngineError, unparsable
from belts.engine.plan.nodes import Json
from belts.engine.plan.prepared import Prepared
from belts.engine.plan.requests import read_json, read_request
from belts.engine.planner.jobs import Asked, Written
from belts.engine.planner.process import CROWDED, Charge
from belts.engine.serve.connections import COMING, SAID, abort_of
from belts.engine.serve.execute import run
from belts.engine.serve.live import Subscriber
from belts.engine.serve.outbox import Full, Outbox
from belts.engine.serve.preparing import LIGHT
from belts.engine.serve.protocols import Protocol, chosen
from belts.engine.serve.roles import Session, headers_of
from belts.engine.serve.sending import patience
from belts.engine.serve.serving import Asker, Serving
from belts.engine.serve.state import Snapshot
from belts.refusal import Caught

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_KEEP_ALIVE = 5.0
_PINGS = 3
"""How many pings may be answered late."""
_INIT_TIMEOUT = 10.0
_IDLE_S = 10.0
"""A socket is idle after this long without an operation.

All clients reconnect at each promotion, and need some time to ask again.
"""
_WAITING = 1_000
_WAITING_BYTES = 4 * 2**20
"""What may wait to be sent on one socket; a single message may be larger."""
_BESIDE = 1_024
"""What an operation keeps besides its text, in bytes."""
_EARLY = f"more than {LIGHT} bytes before the connection is initialised"
_PARTING_S = 2.0
_PAUSE = 1.0
_REPLANNED_S = 60.0
"""How long after a change a subscription may wait to be planned again, if others are first.

Limited, because what it may no longer read must end.
"""
_ACK = b'{"type":"connection_ack"}'
_KA = b'{"type":"ka"}'
_PING = b'{"type":"ping"}'
_PONG = b'{"type":"pong"}'
_LOG = logging.getLogger("belts.engine")


class Closed(Caught):
    """The socket is to be closed with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(kw_only=True, eq=False, slots=True)
class Running:
    """An unfinished operation of this socket."""

    asked: Asked
    size: int
    hold: Hold
    task: asyncio.Task[None] | None = None
    subscriber: Subscriber | None = None
    streaming: bool = False


class Socket:
    """A connection and its operations."""

    def __init__(self, serving: Serving, asker: Asker, scope: Message, receive: Receive, send: Send) -> None:
        self.serving = serving
        self.account = asker.account
        self.address = asker.address
        self.rate = asker.rate
        self.most_sockets = serving.settings.limits.address_sockets
        self.open = self.idle = False
        self.asked_at = serving.accounts.clock()
        """When it last had an operation, as of the last check."""
        self.pings = 0
        """Unanswered pings: as many messages are not throttled, since they are the pongs."""
        self.sent_by = math.inf
        """The deadline for the client to read the current message."""
        self.scope = scope
        self.receive = receive
        self.send = send
        self.abort = abort_of(scope)
        self.unread = serving.unread.reading(self.address, self.abort)
        self.outbox = Outbox(
            _WAITING + serving.settings.limits.subscriptions,
            _WAITING_BYTES,
            partial(serving.unread.add, self.unread),
        )
        self.incoming = serving.held.hold(self.account)
        scope["extensions"][COMING] = self._coming
        scope["extensions"][SAID] = self._said
        self.running: dict[str, Running] = {}
        self.room = asyncio.Semaphore(serving.settings.limits.socket_queries)
        self.session: Session | None = None
        self.replanning: asyncio.Task[None] | None = None
        self.closing: asyncio.Future[Closed] = asyncio.get_running_loop().create_future()

    async def serve(self) -> None:
        """Serves from the handshake to the close, and counts as one of its client's sockets."""
        self.open = True
        self.address.sockets += 1
        self._settle()
        try:
            await self._serve()
        finally:
            self.open = False
            self.address.sockets -= 1
            self._settle()
            self.serving.unread.end(self.unread)
            self.incoming.end()
            self.closing.cancel()  # the server reads on for a while; what it reads is ignored

    def _settle(self) -> None:
        """Updates whether it is idle, which needs some time without an operation; checked with each beat."""
        now = self.serving.accounts.clock()
        if self.running:
            self.asked_at = now
        idle = self.open and not self.running and now - self.asked_at >= _IDLE_S
        self.address.idle += idle - self.idle
        self.idle = idle

    async def _serve(self) -> None:
        await self.receive()
        protocol = chosen(self.scope["subprotocols"])
        if protocol is None:
            await self.send({"type": "websocket.accept"})
            await self._close(Closed(4406, "Subprotocol not acceptable"))
            return
        accepted = protocol.name if self.scope["subprotocols"] else None
        await self.send({"type": "websocket.accept", "subprotocol": accepted})
        self.protocol: Protocol = protocol
        tasks = [
            asyncio.create_task(self._read()),
            asyncio.create_task(self._write()),
            asyncio.create_task(self._beat()),
        ]
        closing = self.closing
        ends: list[asyncio.Future[Any]] = [*tasks, closing]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            if self.replanning is not None:
                self.replanning.cancel()
            for identity in tuple(self.running):
                self._end(identity)
            reason = closing.result() if closing.done() else None
            closing.cancel()
            for result in results:
                if isinstance(result, Closed) and reason is None:
                    reason = result
        if reason is not None:
            await self._close(reason)

    def close(self, code: int, reason: str) -> None:
        """Requests that the socket is closed."""
        if not self.closing.done():
            self.closing.set_result(Closed(code, reason))

    async def _close(self, closed: Closed) -> None:
        try:
            async with asyncio.timeout(_PARTING_S):
                await self.send({"type": "websocket.close", "code": closed.code, "reason": closed.reason})
        except TimeoutError:
            # It does not even read the close.
            self.abort()
        except (RuntimeError, OSError):
            pass  # it has gone by itself

    async def _write(self) -> None:
        while True:
            text = await self.outbox.get()
            self.sent_by = self.serving.accounts.clock() + patience(len(text))
            await self.send({"type": "websocket.send", "text": text.decode()})
            self.sent_by = math.inf
            self.outbox.sent(text)
            self.serving.unread.read(self.unread, 0)  # it has moved; the outbox has told how much it was

    async def _beat(self) -> None:
        await asyncio.sleep(_INIT_TIMEOUT)
        if self.session is None:
            raise Closed(4408, "Connection initialisation timeout")
        self._settle()
        while True:
            await asyncio.sleep(_KEEP_ALIVE)
            self._settle()
            if self.serving.accounts.clock() > self.sent_by:
                self.abort()  # it has not read for too long: it would not read a word in parting either
                return
            self.pings = 0 if self.protocol.legacy else min(self.pings + 1, _PINGS)
            self._tell(_KA if self.protocol.legacy else _PING, key="beat")

    async def _read(self) -> None:
        while True:
            message = await self.receive()
            if message["type"] == "websocket.disconnect":
                return
            if self.pings:
                self.pings -= 1
            elif delay := self.account.reading(self.serving.accounts.clock(), self.most_sockets):
                # Messages that are not read yet slow the client down.
                await asyncio.sleep(delay)
            body = _body(message)
            self._handle(await self._read_message(body), body)
            self._settle()
            if len(body) <= LIGHT:
                await asyncio.sleep(0)  # what waits is taken at once: others are answered between two of them

    def _coming(self, size: int) -> bool:
        """Counts arrived but unread bytes; returns whether they may be kept."""
        if self.closing.done():
            return False
        if size and self.session is None:
            self.close(4400, _EARLY)
        try:
            self.incoming.keep(size)
        except Busy as busy:
            self.close(1013, busy.message[:120])
        return not self.closing.done()

    def _said(self) -> float:
        """The delay before the next frame without content is read."""
        return self.account.hearing(self.serving.accounts.clock(), self.most_sockets)

    async def _read_message(self, body: bytes) -> dict[str, Json]:
        try:
            found = await self._read_large(body) if len(body) > LIGHT else read_json(body)
        except BadRequest:
            raise Closed(4400, "Invalid message received") from None
        if not isinstance(found, dict):
            raise Closed(4400, "Invalid message received")
        return found

    async def _read_large(self, body: bytes) -> Json:
        """Reads a large message in a turn, which counts; until then no other message is read."""
        if self.session is None:
            raise Closed(4400, _EARLY)
        hold = self.serving.held.hold(self.account)
        try:
            hold.keep(len(body))
            while True:
                try:
                    async with self.serving.turns.turn(self.account) as turn:
                        with turn.aside():
                            return await self.serving.preparing.message(
                                self.serving.state.current, body, self.account, turn.charge
                            )
                except BadRequest:
                    raise
                except EngineError:
                    # No operation exists yet that could receive the error.
                    await asyncio.sleep(_PAUSE)
        except Busy as busy:
            raise Closed(1013, busy.message[:120]) from None
        finally:
            hold.end()

    def _handle(self, message: dict[str, Json], body: bytes) -> None:
        kind, protocol = message.get("type"), self.protocol
        if kind == "connection_init":
            self._init(message.get("payload"))
        elif kind == protocol.start:
            self._start(_identity(message), message.get("payload"), body)
        elif kind == protocol.stop:
            self._end(_identity(message))
        elif kind == "ping" and not protocol.legacy:
            self._tell(_PONG)
        elif kind == "pong" and not protocol.legacy:
            pass
        elif kind == "connection_terminate" and protocol.legacy:
            raise Closed(1000, "")
        else:
            raise Closed(4400, "Invalid message received")

    def _init(self, payload: Json) -> None:
        if self.session is not None:
            raise Closed(4429, "Too many initialisation requests")
        given = payload.get("headers") if isinstance(payload, dict) else None
        headers = headers_of(self.scope)
        if isinstance(given, dict):
            headers |= {str(name).lower(): str(value) for name, value in given.items() if value is not None}
        try:
            self.session = self.serving.session(headers)
        except EngineError as error:
            if isinstance(error, AccessDenied):
                self._spend_guess()
            if self.protocol.legacy:
                self._tell(orjson.dumps({"type": "connection_error", "payload": error.message}))
                return
            raise Closed(4403, error.message[:120]) from None
        if self.session.proved:
            self.account = self.serving.accounts.trusted
        self._tell(_ACK)
        if self.protocol.legacy:
            self._tell(_KA)

    def _spend_guess(self) -> None:
        try:
            self.serving.spend(self.address, self.rate)
        except Busy as busy:
            raise Closed(4403, busy.message[:120]) from None

    def _start(self, identity: str, payload: Json, body: bytes) -> None:
        if self.session is None:
            if self.protocol.legacy:
                error = unparsable("start received before the connection is initialised", "$")
                self._tell(self.protocol.refused(identity, error))
                return
            raise Closed(4401, "Unauthorized")
        if identity in self.running:
            if not self.protocol.legacy:
                raise Closed(4409, f"Subscriber for {identity} already exists"[:120])
            self._end(identity)
        most = self.serving.settings.limits.subscriptions
        if len(self.running) >= most:
            full = EngineError(
                f"the socket has {most} operations already", code="subscription-limit-exceeded"
            )
            self._tell(self.protocol.refused(identity, full))
            return
        hold = self.serving.held.hold(self.account)
        try:
            self.serving.demand_rate(self.account, self.rate)
            # A large message is kept raw, and parsed where it is planned.
            asked = read_request(payload) if len(body) <= LIGHT else Written(body, "payload")
            hold.keep(len(body) + _BESIDE)
        except EngineError as error:
            self._tell(self.protocol.refused(identity, error))
            return
        running = self.running[identity] = Running(asked=asked, size=len(body), hold=hold)
        running.task = asyncio.create_task(self._run(identity, running, self.session))

    async def _run(self, identity: str, running: Running, session: Session) -> None:
        try:
            # A client that sends all its subscriptions at once is not refused: the rest waits.
            async with self.room:
                await self._run_when_it_may(identity, running, session)
        except Exception as error:  # noqa: BLE001 -- after any error the client is notified of the end
            self._forget(identity, running)
            self._tell(self.protocol.refused(identity, _refusal(error)))
        finally:
            self._settle()

    async def _run_when_it_may(self, identity: str, running: Running, session: Session) -> None:
        account = self.account
        await account.room(self.serving.settings.limits.address_operations)
        account.begin()
        try:
            async with self.serving.turns.turn(account) as turn:
                await self._run_in_turn(identity, running, session, turn)
        finally:
            account.end()

    async def _run_in_turn(self, identity: str, running: Running, session: Session, turn: Turn) -> None:
        await self.serving.state.load()
        snapshot, prepared = self.serving.state.current, None
        # The metadata may change while this is planned, and `replan` skips operations that have not begun.
        while prepared is None or snapshot is not self.serving.state.current:
            snapshot = self.serving.state.current
            with turn.aside():
                prepared = await self._prepared(snapshot, running, session, turn.charge)
        if not prepared.subscribes:
            head, tail = self.protocol.around(identity)
            limits = self.serving.settings.limits
            with running.hold.beside(prepared.values):
                said = await run(prepared, self.serving.database, limits, head=head, tail=tail)
            self._tell(said)
            self._finish(identity, running)
            return
        self._subscribe(identity, running, prepared)

    async def _prepared(
        self, snapshot: Snapshot, running: Running, session: Session, charge: Charge
    ) -> Prepared:
        return await self.serving.preparing.of(snapshot, session, running.asked, self.account, charge)

    def _subscribe(self, identity: str, running: Running, prepared: Prepared) -> None:
        part = prepared.parts[0]
        if part.constant is not None:
            self._tell(self.protocol.next(identity, b'{"data":{' + part.label + part.constant + b"}}"))
            return
        streaming = part.stream is not None
        before = running.subscriber if running.streaming and streaming else None

        def send(payload: bytes) -> None:
            # Of a live query only the latest answer matters, of a stream every batch.
            key = None if streaming else ("next", identity)
            self._tell(self.protocol.next(identity, payload), key=key)

        subscriber = Subscriber(
            label=part.label,
            send=send,
            cursor=before.cursor if before is not None else None,
            account=self.account,
        )
        self._unsubscribe(running)
        running.subscriber, running.streaming = subscriber, streaming
        # Its parameters are kept as long as it lasts, besides its text.
        if streaming:
            self.serving.streams.join(subscriber, part)
        else:
            self.serving.live.join(subscriber, part.sql, part.arguments)
        running.hold.keep(running.size + _BESIDE + prepared.values)

    def replan(self) -> None:
        """After a change of the metadata, continues permitted operations, and ends the others."""
        if self.session is None or self.closing.done():
            return
        if self.replanning is not None:
            self.replanning.cancel()
        self.replanning = asyncio.create_task(self._replan(self.session))

    async def _replan(self, session: Session) -> None:
        snapshot = self.serving.state.current
        by = self.serving.accounts.clock() + _REPLANNED_S
        for identity, running in tuple(self.running.items()):
            if running.subscriber is None:
                continue
            await asyncio.sleep(0)  # there may be thousands, and all sockets plan theirs at once
            try:
                prepared = await self._prepared_anew(snapshot, running, session, by)
                # While it was planned again it may have ended, or another may have taken its id.
                if self.running.get(identity) is running and running.subscriber is not None:
                    self._subscribe(identity, running, prepared)
            except Exception as error:  # noqa: BLE001 -- the same, and the others are planned all the same
                if self.running.get(identity) is running:
                    self._end(identity)
                    self._tell(self.protocol.refused(identity, _refusal(error)))

    async def _prepared_anew(
        self, snapshot: Snapshot, running: Running, session: Session, by: float
    ) -> Prepared:
        """Retries until a deadline if too many wait, since all sockets plan again at once."""
        while True:
            try:
                return await self._prepared(snapshot, running, session, self._charge)
            except EngineError as error:
                if error.code != CROWDED or self.serving.accounts.clock() >= by:
                    raise
            await asyncio.sleep(_PAUSE)

    def _charge(self, seconds: float) -> None:
        """Planning again takes no turn, but is charged."""
        if not self.account.trusted:
            self.account.charge(seconds, self.serving.accounts.clock())

    def _finish(self, identity: str, running: Running) -> None:
        self._forget(identity, running)
        self._tell(self.protocol.complete(identity))

    def _forget(self, identity: str, running: Running) -> None:
        """Removes an operation, whether it has ended by itself or not."""
        if self.running.get(identity) is running:
            del self.running[identity]
        self._unsubscribe(running)
        running.hold.end()

    def _end(self, identity: str) -> None:
        running = self.running.get(identity)
        if running is None:
            return
        self._forget(identity, running)
        self._settle()
        if running.task is not None:
            running.task.cancel()
        self.outbox.drop(("next", identity))

    def _unsubscribe(self, running: Running) -> None:
        if running.subscriber is None:
            return
        if running.streaming:
            self.serving.streams.leave(running.subscriber)
        else:
            self.serving.live.leave(running.subscriber)
        running.subscriber = None

    def _tell(self, message: bytes, key: Hashable = None) -> None:
        try:
            self.outbox.put(message, key)
        except Full:
            self.close(1013, "the client reads too slowly")


def _refusal(error: Exception) -> EngineError:
    """The error for the client; logs an unforeseen one."""
    if isinstance(error, EngineError):
        return error
    _LOG.error("an operation failed in a way nobody foresaw", exc_info=error)
    return EngineError("internal error", code="unexpected")


def _body(message: Message) -> bytes:
    text = message.get("text")
    try:
        return text.encode() if isinstance(text, str) else message.get("bytes") or b""
    except UnicodeEncodeError:
        raise Closed(4400, "Invalid message received") from None


def _identity(message: dict[str, Json]) -> str:
    identity = message.get("id")
    if not isinstance(identity, str) or not identity or len(identity) > 1_000:
        raise Closed(4400, "Invalid message received")
    return identity
