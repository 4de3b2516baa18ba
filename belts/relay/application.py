"""The relay's server: a path for each upstream, guarded by the secret word, and public metrics."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from belts.provider import routes as files
from belts.provider.routes import Routes
from belts.relay.counters import Counters
from belts.relay.passing import Passing
from belts.relay.turns import LONGEST_S, Turns
from belts.relay.watching import EVERY_S, Watching

MOST_ASKED = 8 << 20
CONNECT_S, ANSWER_S = 10.0, 120.0
CONNECTIONS = 200
LEFT = 499


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """The settings of a relay at its start."""

    routes: Path
    root: Path
    belt: str
    watch_s: float = EVERY_S
    longest_s: float = LONGEST_S


def application(told: Told) -> Starlette:
    """The server, which opens its connections when it starts."""
    routes = files.read(told.routes)
    counters = Counters(routes)
    turns = Turns(allowance=files.allowance(told.routes), counters=counters, longest_s=told.longest_s)
    server = Server(routes=routes, counters=counters, turns=turns, told=told)
    return Starlette(
        routes=[
            Route("/metrics", server.metrics, methods=["GET"]),
            Route("/{word}/{number:int}", server.ask, methods=["POST"]),
        ],
        lifespan=server.lifespan,
    )


@dataclass(kw_only=True)
class Server:
    """The request handlers; `passing` is set while the server runs."""

    routes: Routes
    counters: Counters
    turns: Turns
    told: Told
    passing: Passing | None = None

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Opens the client, and watches the belts beside this one. Ignores proxies of the environment."""
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        timeout = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
        async with httpx.AsyncClient(limits=limits, timeout=timeout, trust_env=False) as client:
            self.passing = Passing(client=client, turns=self.turns, counters=self.counters)
            watching = Watching(
                root=self.told.root,
                belt=self.told.belt,
                routes=self.routes,
                client=client,
                turns=self.turns,
                counters=self.counters,
                every_s=self.told.watch_s,
            )
            looking = asyncio.create_task(watching.run())
            try:
                yield
            finally:
                looking.cancel()
                with suppress(asyncio.CancelledError):
                    await looking

    async def metrics(self, _request: Request) -> Response:
        """Returns the metrics, which include the upstreams."""
        return Response(self.counters.text, media_type=CONTENT_TYPE_LATEST)

    async def ask(self, request: Request) -> Response:
        """Answers one question, as long as its client stays connected."""
        assert self.passing is not None  # noqa: S101 -- there is a client while it runs
        number, word = request.path_params["number"], request.path_params["word"]
        known = hmac.compare_digest(word.encode(), self.routes.word.encode())
        if not known or number >= len(self.routes.upstreams):
            return PlainTextResponse("nothing is relayed here", status_code=404)
        body = await _body(request)
        if body is None:
            return PlainTextResponse("a question that is too large", status_code=413)
        answer = asyncio.ensure_future(
            self.passing.answer(self.routes.upstreams[number], body, request.headers)
        )
        gone = asyncio.ensure_future(request.receive())
        await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not answer.done():
            answer.cancel()
            with suppress(asyncio.CancelledError):
                await answer
            return Response(status_code=LEFT)
        return answer.result()


async def _body(request: Request) -> bytes | None:
    found = b""
    async for part in request.stream():
        found += part
        if len(found) > MOST_ASKED:
            return None
    return found
