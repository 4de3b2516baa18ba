"""The ASGI application: routes, bodies, limits, and errors in Hasura's form."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson

from belts.engine import VERSION
from belts.engine.clients.accounts import Account
from belts.engine.clients.held import Full, Hold
from belts.engine.clients.turns import Busy, Turn
from belts.engine.errors import BadRequest, EngineError, NotFound, TooLarge
from belts.engine.plan.nodes import Json
from belts.engine.plan.prepared import Prepared
from belts.engine.plan.requests import read_json, read_request
from belts.engine.planner.jobs import Written
from belts.engine.planner.process import Planner, PlannerProcess
from belts.engine.postgres import overdue
from belts.engine.serve import cors
from belts.engine.serve.administration import administer
from belts.engine.serve.connections import abort_of
from belts.engine.serve.execute import Room, run
from belts.engine.serve.preparing import LIGHT
from belts.engine.serve.roles import Session, demand_admin
from belts.engine.serve.sealing import challenge_of, sealed
from belts.engine.serve.sending import patience, send_body
from belts.engine.serve.serving import Asker, Limited, Serving
from belts.engine.serve.ws import Socket
from belts.engine.settings import Settings
from belts.refusal import Caught

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_LOG = logging.getLogger("belts.engine")
_JSON = [(b"content-type", b"application/json; charset=utf-8")]
_AGAIN = frozenset({Busy.status, Full.status})
"""Statuses of those who may ask again a little later."""
_PATIENCE = 0.1
_LATEST = 10.0
"""A socket that would have to wait for longer than this until it is opened is none."""
_PAUSE = 1.0
"""Who asks too often hears of it a second later: to ask again at once gains nothing."""


class Gone(Caught):
    """The client closed its connection."""


class Application:
    """The engine behind one port."""

    def __init__(self, settings: Settings, planner: Planner | None = None) -> None:
        self.settings = settings
        self.serving = Serving(settings, planner or PlannerProcess(settings.limits))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection of the ASGI server."""
        match scope["type"]:
            case "http":
                await self._http(scope, receive, send)
            case "websocket":
                await self._websocket(scope, receive, send)
            case "lifespan":
                await self._lifespan(receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not cors.permits(scope, self.settings.cors_domains) or scope["path"] != "/v1/graphql":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        try:
            try:
                asker = self.serving.asker(scope)
            except Busy:
                raise
            except EngineError:
                asker = self.serving.stranger(scope)  # the secret of a socket comes with its first message
            if delay := asker.account.opening(self.serving.accounts.clock()):
                if delay > _LATEST:
                    abort_of(scope)()
                    return
                await asyncio.sleep(delay)
            full = self.serving.full(asker)
        except Busy as error:
            full = error.message
        if full is not None:
            await receive()
            await asyncio.sleep(_PAUSE)
            await _refuse_socket(send, full)
            return
        socket = Socket(self.serving, asker, scope, receive, send)
        self.serving.sockets.add(socket)
        reader = self.serving.readers.joined(scope)
        try:
            await socket.serve()
        finally:
            self.serving.readers.left(reader)
            self.serving.sockets.discard(socket)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                following = asyncio.create_task(self.serving.database.follow())
                watching = asyncio.create_task(overdue.watch(self.serving.credentials))
                tidying = asyncio.create_task(self.serving.garbage.watch())
                self.serving.remembering.recall()
                remembering = asyncio.create_task(self.serving.remembering.watch())
                await self.serving.planner.start()
                try:
                    await self.serving.state.load()
                except EngineError as error:
                    _LOG.warning("not serving yet: %s", error)
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                following.cancel()
                watching.cancel()
                tidying.cancel()
                remembering.cancel()
                await self.serving.planner.close()
                await self.serving.database.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        graphql = scope["path"] == "/v1/graphql"
        let = cors.allowed(scope, self.settings.cors_domains)
        if let and scope["method"] == "OPTIONS":
            headers = cors.preflight(scope, let)
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        asking = Asking(account=self.serving.accounts.trusted)
        try:
            status, body = await self._answer(scope, receive, asking)
        except Gone:
            asking.end()
            return
        except EngineError as error:
            if isinstance(error, Limited):
                await self._pause(error.account, asking)
            status, body = _refused(error, graphql=graphql)
        except Exception:  # noqa: BLE001 -- a server's boundary: the log has it, the client has no traceback
            _LOG.exception("a request failed in a way nobody foresaw")
            failure = EngineError("internal error", code="unexpected")
            status, body = _refused(failure, graphql=graphql)
        try:
            if not asking.turned and not await self._may_hear(scope, asking):
                abort_of(scope)()
                return
            proof = await self._proof(scope, body, asking.account) if graphql and status == 200 else []
            again = [(b"retry-after", b"1")] if status in _AGAIN else []
            headers = [*_JSON, *let, *proof, *again, (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send_body(scope, send, body, asking.account, self.serving.unread)
        finally:
            asking.end()

    async def _may_hear(self, scope: Scope, asking: "Asking") -> bool:
        """Answers that took no turn are as many as messages of sockets are; who asks for more waits for them.

        Beyond the number of operations that an address may have, nobody waits: not even a refusal is heard.
        """
        account = asking.account if asking.counted else self.serving.stranger(scope).address
        delay = account.hearing_back(self.serving.accounts.clock())
        if delay and not asking.counted:
            if account.operations >= self.settings.limits.address_operations:
                return False
            asking.begin(account)
        await asyncio.sleep(delay)
        return True

    async def _pause(self, account: Account, asking: "Asking") -> None:
        """What waits here is one of the client's operations; beyond their number nobody waits."""
        if account.operations < self.settings.limits.address_operations:
            asking.begin(account)
            await asyncio.sleep(_PAUSE)

    async def _proof(self, scope: Scope, body: bytes, account: Account) -> list[tuple[bytes, bytes]]:
        if not challenge_of(scope):
            return []
        try:
            async with self.serving.turns.turn(account):
                return await sealed(scope, body, self.serving.credentials, self.serving.database)
        except EngineError:
            return []

    async def _answer(self, scope: Scope, receive: Receive, asking: "Asking") -> tuple[int, bytes]:
        method, path = scope["method"], scope["path"]
        if path == "/v1/graphql" and method == "POST":
            asker = self.serving.asker(scope)
            asking.begin(asker.account)
            return 200, await self._graphql(scope, receive, asker, asking)
        if path == "/v1/metadata" and method == "POST":
            asker = self.serving.asker(scope)
            demand_admin(asker.session, "$.args")
            asking.begin(asker.account)
            return 200, await self._metadata(scope, receive, asker)
        if path == "/v1/readers" and method == "GET":
            asker = self.serving.asker(scope)
            demand_admin(asker.session)
            asking.begin(asker.account)
            return 200, orjson.dumps(self.serving.readers.as_json())
        if path == "/v1/version" and method == "GET":
            return 200, orjson.dumps({"version": VERSION, "server_type": "ce"})
        if path == "/healthz" and method == "GET":
            return await self.serving.health.now()
        raise NotFound

    async def _graphql(self, scope: Scope, receive: Receive, asker: Asker, asking: "Asking") -> bytes:
        self.serving.readers.asked(scope)
        hold = self.serving.held.hold(asker.account)
        watch = None
        try:
            text = await self._read(scope, receive, hold)
            watch = Watch(receive)
            async with self.serving.turns.turn(asker.account) as turn:
                asking.turned = True
                return await self._in_turn(text, asker.session, turn, hold)
        except asyncio.CancelledError:
            if watch is not None and watch.gone:
                raise Gone from None
            raise
        finally:
            hold.end()
            if watch is not None:
                watch.stop()

    async def _metadata(self, scope: Scope, receive: Receive, asker: Asker) -> bytes:
        hold = self.serving.held.hold(asker.account)
        try:
            text = await self._read(scope, receive, hold)
            async with self.serving.turns.turn(self.serving.accounts.trusted):
                # Whoever may change metadata has proved to be the admin.
                body = await asyncio.to_thread(read_json, text)
                return orjson.dumps(await administer(self.serving.state, asker.session, body))
        finally:
            hold.end()

    async def _read(self, scope: Scope, receive: Receive, hold: Hold) -> bytes:
        """The body; who takes too long to send it loses the connection."""
        most = self.settings.limits.body_bytes
        late = asyncio.get_running_loop().call_later(patience(most), abort_of(scope))
        try:
            return await read_body(receive, most, hold)
        finally:
            late.cancel()

    async def _in_turn(self, text: bytes, session: Session, turn: Turn, hold: Hold) -> bytes:
        if not self.serving.state.loaded:
            await self.serving.state.load()
        if len(text) > LIGHT:
            return await self._large(text, session, turn, hold)
        body = read_json(text)
        if not isinstance(body, list):
            return await self._one(body, session, turn, hold)
        if len(body) > self.settings.limits.batch:
            raise BadRequest(
                f"the batch has more than {self.settings.limits.batch} operations",
                code="batch-limit-exceeded",
            )
        # What one answer may come to, all the answers of a batch may.
        room = Room(self.settings.limits.answer_bytes)
        answers = []
        for item in body:
            answers.append(room.take(await self._one_of_batch(item, session, turn, hold)))
            await asyncio.sleep(0)  # what needs no look at the database is done between two others
        return b"[" + b",".join(answers) + b"]"

    async def _one_of_batch(self, request: Json, session: Session, turn: Turn, hold: Hold) -> bytes:
        try:
            return await self._one(request, session, turn, hold)
        except EngineError as error:
            return _errors(error)

    async def _one(self, request: Json, session: Session, turn: Turn, hold: Hold) -> bytes:
        asked, snapshot = read_request(request), self.serving.state.current
        with turn.aside():
            prepared = await self.serving.preparing.request(
                snapshot, session, asked, turn.account, turn.charge
            )
        return await self._data(prepared, hold)

    async def _large(self, text: bytes, session: Session, turn: Turn, hold: Hold) -> bytes:
        """A body that takes long to read is read by the process that plans, of a batch some at a time."""
        snapshot, asked = self.serving.state.current, Written(text)
        answers: list[bytes] = []
        room = Room(self.settings.limits.answer_bytes)
        while True:
            with turn.aside():
                planned = await self.serving.preparing.some(
                    snapshot, session, asked, turn.account, turn.charge, len(answers)
                )
            if planned.number is None:
                return await self._data(planned.items[0], hold)
            answers += [room.take(await self._data_of_batch(item, hold)) for item in planned.items]
            if len(answers) >= planned.number:
                return b"[" + b",".join(answers) + b"]"

    async def _data_of_batch(self, item: Prepared | EngineError, hold: Hold) -> bytes:
        try:
            return await self._data(item, hold)
        except EngineError as error:
            return _errors(error)

    async def _data(self, item: Prepared | EngineError, hold: Hold) -> bytes:
        """The answer to one query."""
        if isinstance(item, EngineError):
            raise item
        if item.subscribes:
            raise BadRequest(
                "subscriptions are not supported over HTTP, use websockets instead", code="unexpected"
            )
        with hold.beside(item.values):
            return await run(item, self.serving.database, self.settings.limits)


class Asking:
    """A request that is counted among its client's until its answer is sent."""

    __slots__ = ("account", "counted", "turned")

    def __init__(self, account: Account) -> None:
        self.account = account
        self.counted = False
        self.turned = False
        """Whether it has had a turn, and was among the others for as long as it had to wait for it."""

    def begin(self, account: Account) -> None:
        """It is this client's."""
        self.account, self.counted = account, True
        account.begin()

    def end(self) -> None:
        """It has ended."""
        if self.counted:
            self.counted = False
            self.account.end()


class Watch:
    """Cancels the request's task when its client has gone; costs nothing to requests that are quick."""

    def __init__(self, receive: Receive) -> None:
        self.receive = receive
        self.gone = False
        self.request = asyncio.current_task()
        self.watcher: asyncio.Task[None] | None = None
        self.timer = asyncio.get_running_loop().call_later(_PATIENCE, self._start)

    def _start(self) -> None:
        self.watcher = asyncio.ensure_future(self._wait())

    async def _wait(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        if self.request is not None:
            self.request.cancel()

    def stop(self) -> None:
        """The request has ended by itself."""
        self.timer.cancel()
        if self.watcher is not None and not self.gone:
            self.watcher.cancel()


async def read_body(receive: Receive, most: int, hold: Hold) -> bytes:
    """The body, as long as it is not larger than what is read at all, and what of it comes may be kept."""
    parts: list[bytes] = []
    refused: EngineError | None = None
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        part = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(part)
        # What is refused is read to its end, or the client would never read the answer; it is not kept.
        if refused is None:
            refused = _refusal(size, most, hold)
            parts.append(part)
        if refused is not None:
            parts.clear()
            hold.end()
    if refused is not None:
        raise refused
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _refusal(size: int, most: int, hold: Hold) -> EngineError | None:
    if size > most:
        return TooLarge(f"the body is larger than {most} bytes", code="body-limit-exceeded")
    try:
        hold.keep(size)
    except Busy as busy:
        return busy
    return None


async def _refuse_socket(send: Send, why: str) -> None:
    body = _errors(Busy(why, code="socket-limit-exceeded"))
    headers = [*_JSON, (b"retry-after", b"1"), (b"content-length", str(len(body)).encode())]
    await send({"type": "websocket.http.response.start", "status": Busy.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})


def _errors(error: EngineError) -> bytes:
    return orjson.dumps({"errors": [error.as_graphql()]})


def _refused(error: EngineError, *, graphql: bool) -> tuple[int, bytes]:
    if graphql and not isinstance(error, TooLarge | NotFound | Busy):
        return 200, _errors(error)
    body = error.as_graphql() if graphql else error.as_metadata()
    return error.status, orjson.dumps({"errors": [body]} if graphql else body)
