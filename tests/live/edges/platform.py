"""A hosting platform: a belt behind TLS, under a path of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from tests.live.hosts import wait_until

PATH = "/belt-1"
GRAPHQL = f"{PATH}/v1/graphql"


@dataclass(kw_only=True)
class Platform:
    """What it has been asked, and where its belt is; `elsewhere` leads who asks to another URL.

    With `behind`, the address of a GraphQL engine, questions are answered by that.
    """

    port: int
    name: str = "localhost"
    scheme: str = "https"
    elsewhere: str | None = None
    behind: str | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where its belt answers GraphQL."""
        return f"{self.scheme}://{self.name}:{self.port}{GRAPHQL}"

    async def answer(self, request: Request) -> Response:
        """As the belt does."""
        body = await request.body()
        self.asked.append(
            {
                "path": request.url.path,
                "headers": dict(request.headers),
                "body": body.decode(),
                "query": request.url.query,
            }
        )
        if self.elsewhere is not None:
            return RedirectResponse(self.elsewhere)
        if self.behind is not None:
            return await self._relayed(request, body)
        return JSONResponse({"data": {"__typename": "query_root"}, "id": "catalogue-1"})

    async def _relayed(self, request: Request, body: bytes) -> Response:
        kept = {
            name: value
            for name, value in request.headers.items()
            if name not in {"host", "content-length", "connection"}
        }
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            url = f"{self.behind}{request.url.path.removeprefix(PATH)}"
            answer = await client.request(request.method, url, content=body, headers=kept)
        told = {
            name: value
            for name, value in answer.headers.items()
            if name not in {"content-length", "transfer-encoding", "connection", "content-encoding"}
        }
        return Response(answer.content, answer.status_code, headers=told)

    async def listen(self, socket: WebSocket) -> None:
        """Says back what it is told, until it is sent away."""
        await socket.accept(subprotocol="graphql-transport-ws")
        self.asked.append({"path": socket.url.path, "headers": dict(socket.headers)})
        async for text in socket.iter_text():
            await socket.send_text(text)


@contextmanager
def up(platform: Platform, certificate: Path | None = None) -> Iterator[Platform]:
    """One that answers, with this certificate; without one, in clear."""
    methods = ["GET", "POST"]
    routes = [
        WebSocketRoute(GRAPHQL, platform.listen),
        *(
            Route(f"{PATH}{path}", platform.answer, methods=methods)
            for path in ("/v1/graphql", "/v1/metadata", "/healthz")
        ),
    ]
    platform.scheme = "https" if certificate else "http"
    server = uvicorn.Server(
        uvicorn.Config(
            Starlette(routes=routes),
            host="127.0.0.1",
            port=platform.port,
            log_level="error",
            ssl_certfile=str(certificate) if certificate else None,
            timeout_graceful_shutdown=1,
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started, "the platform to answer")
        yield platform
    finally:
        server.should_exit = True
        thread.join()
