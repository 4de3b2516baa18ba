"""An engine without a database or a port: what it is sent goes in, and what it says can be read."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from belts import forwarded
from belts.engine.clients.accounts import Account
from belts.engine.errors import EngineError
from belts.engine.planner.desk import Desk
from belts.engine.planner.jobs import HEAD, Done, Job, Planned, Told, World, answered, read_answer
from belts.engine.planner.process import Charge, Planner
from belts.engine.serve.connections import ABORT
from belts.engine.serve.http import Application
from belts.engine.settings import Limits
from tests.unit.engine import build

PATIENCE = 5.0
SECRET = "s"
ACCEPTED = {"type": "websocket.accept", "subprotocol": "graphql-transport-ws"}


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.step = 0.0

    def later(self) -> float:
        """Each time one step later."""
        self.now += self.step
        return self.now

    def __call__(self) -> float:
        return self.now


class Beside:
    """Plans in this process, and takes so many seconds for it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    async def ask(self, _account: Account, world: World, job: Job, charge: Charge) -> Planned | Told:
        """As the process does, and as it comes back."""
        found = read_answer(answered(Done(Desk(world).done(job), self.seconds))[HEAD:])
        charge(found.seconds)
        if isinstance(found.answer, EngineError):
            raise found.answer
        return found.answer

    async def start(self) -> None:
        """It is there."""

    async def close(self) -> None:
        """It is none."""


def application(planner: Planner | None = None, **limits: Any) -> Application:
    """One that serves the table `items` to everybody, from a database whose answer is always empty."""
    settings = build.settings(admin_secret=SECRET, unauthorized_role="public", limits=Limits(**limits))
    made = Application(settings, planner or Beside())
    state = made.serving.state
    state.current, state.loaded = state.build(build.metadata(), build.catalog()), True

    async def row(_sql: str, _arguments: Any) -> Any:
        return (b"[]", None)

    made.serving.database.row = row  # type: ignore[method-assign, assignment]
    return made


def scope(
    kind: str, path: str = "/v1/graphql", *, client: str = "10.0.0.7", **headers: str
) -> dict[str, Any]:
    """A connection through the gateway."""
    named = {"x-belts-client": client, **{key.replace("_", "-"): value for key, value in headers.items()}}
    return {
        "type": kind,
        "path": path,
        "method": "POST",
        "client": (forwarded.GATEWAY, 0),
        "headers": [(key.encode(), value.encode()) for key, value in named.items()],
        "subprotocols": ["graphql-transport-ws"],
        "extensions": {},
    }


class Wire:
    """One connection of a client."""

    def __init__(self, engine: Application, of: dict[str, Any]) -> None:
        self.engine = engine
        self.sent: list[Any] = []
        self.aborted = False
        of["extensions"][ABORT] = self.abort
        self._in: asyncio.Queue[Any] = asyncio.Queue()
        self.task = asyncio.create_task(engine(of, self._in.get, self._send))

    def abort(self) -> None:
        self.aborted = True
        self.put({"type": "http.disconnect"})

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    def put(self, message: Any) -> None:
        """What the server would hand to the engine."""
        self._in.put_nowait(message)

    def say(self, message: Any) -> None:
        """A message on a WebSocket."""
        self.put({"type": "websocket.receive", "text": json.dumps(message)})

    def subscribe(self, identity: str, query: str, **variables: Any) -> None:
        """An operation on a WebSocket."""
        payload = {"query": query, "variables": variables}
        self.say({"type": "subscribe", "id": identity, "payload": payload})

    @property
    def heard(self) -> list[Any]:
        """What was said to it on a WebSocket."""
        return [json.loads(each["text"]) for each in self.sent if each["type"] == "websocket.send"]

    def types(self) -> list[str]:
        """Of what was said to it, the types."""
        return [each["type"] for each in self.heard]

    async def until(self, holds: Any) -> None:
        """Comes back when it does."""
        async with asyncio.timeout(PATIENCE):
            while not holds():  # noqa: ASYNC110 -- it is many things, none of them an event
                await asyncio.sleep(0.001)

    async def answer(self) -> tuple[int, Any]:
        """The status and the body, over HTTP."""
        async with asyncio.timeout(PATIENCE):
            await self.task
        head, *bodies = self.sent
        return head["status"], json.loads(b"".join(each["body"] for each in bodies))


@contextlib.asynccontextmanager
async def wired(engine: Application, *, ready: bool = True, **headers: str) -> AsyncIterator[Wire]:
    """A WebSocket; one that is ready has been acknowledged."""
    wire = Wire(engine, scope("websocket", **headers))
    try:
        wire.put({"type": "websocket.connect"})
        await wire.until(lambda: wire.sent)
        assert wire.sent == [ACCEPTED]
        if ready:
            wire.say({"type": "connection_init"})
            await wire.until(lambda: wire.types() == ["connection_ack"])
        yield wire
    finally:
        wire.task.cancel()
        await asyncio.gather(wire.task, return_exceptions=True)


async def posted(
    engine: Application, body: Any, path: str = "/v1/graphql", **headers: str
) -> tuple[int, Any]:
    """The answer to one request."""
    wire = Wire(engine, scope("http", path, **headers))
    wire.put({"type": "http.request", "body": json.dumps(body).encode()})
    return await wire.answer()
