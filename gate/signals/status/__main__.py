"""`python -m gate.signals.status --alias DIRECTORY --socket PATH`: answers `GET /_belt` on a unix socket.

With `--hosts ROOT` it watches the belts of that host as well, and keeps their journals for the gateway.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from belts.reading.mistakes import MistakesError
from belts.runtimes.runtime import Place
from gate.alias.store import Store
from gate.commands.place import alias, place, runtime_argument
from gate.signals.status.belt import Belts
from gate.signals.status.endpoint import StatusEndpoint
from gate.signals.status.heads import Chains
from gate.signals.status.request import client
from gate.signals.status.settings import limits, providers
from gate.signals.status.watch import Watch

PATH = "/_belt"
AT_ONCE = 256
YIELDS = 10
"""The niceness, so that a flood of requests does not take the processor from the serving belt."""


def main(argv: Sequence[str]) -> int:
    """Returns 0 when stopped, 2 for wrong settings."""
    parser = argparse.ArgumentParser(
        prog="python -m gate.signals.status", description="Say which belt serves."
    )
    parser.add_argument("--alias", type=Path, required=True, metavar="DIRECTORY", help="the alias to read")
    parser.add_argument("--socket", required=True, metavar="PATH", help="the unix socket to listen on")
    parser.add_argument("--hosts", type=Path, metavar="ROOT", help="the directory of the belts to watch")
    parser.add_argument("--gateway", default="gateway", metavar="NAME", help="whose alias it is")
    runtime_argument(parser)
    arguments = parser.parse_args(argv)
    hosts, gateway = arguments.hosts, arguments.gateway
    try:
        app = application(
            alias(arguments.alias, gateway, arguments.runtime),
            os.environ,
            place=place(hosts, arguments.runtime) if hosts else None,
            gateway=gateway,
        )
    except MistakesError as mistake:
        sys.stderr.write(f"gate.signals.status: {mistake}\n")
        return 2
    os.nice(YIELDS)
    uvicorn.run(
        app,
        uds=arguments.socket,
        access_log=False,
        log_level="warning",
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        limit_concurrency=AT_ONCE,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=3,
    )
    return 0


def application(
    store: Store, environment: Mapping[str, str], *, place: Place | None, gateway: str
) -> Starlette:
    """The status endpoint with its one path, and the watch beside it if a place is given."""
    http = client()
    belts, chains = Belts(http), Chains(providers(environment), http)
    status_endpoint, bounds = StatusEndpoint(store, chains, belts), limits(environment)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        watching = None
        if place is not None:
            watching = asyncio.create_task(Watch(place, gateway, chains, belts, bounds).run())
            watching.add_done_callback(_watch_ended)
        try:
            yield
        finally:
            if watching is not None:
                watching.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await watching
            await belts.close()
            await http.aclose()

    async def say(_: Request) -> Response:
        status, body = await status_endpoint.say()
        return JSONResponse(body, status, headers={"Cache-Control": "no-store"})

    return Starlette(routes=[Route(PATH, say)], lifespan=lifespan)


def _watch_ended(watching: "asyncio.Task[None]") -> None:
    """A watch that fails ends the status endpoint too: its supervisor restarts both."""
    if not watching.cancelled() and (error := watching.exception()) is not None:
        sys.stderr.write(f"the watch broke: {type(error).__name__}: {error}\n")
        signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
