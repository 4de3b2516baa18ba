"""`python -m gate.beacon --alias DIRECTORY --socket PATH`: answers `GET /_belt` on a unix socket."""

import argparse
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gate.beacon.ask import client
from gate.beacon.beacon import Beacon
from gate.beacon.belt import Belts
from gate.beacon.heads import Chains
from gate.beacon.settings import BadSettings, providers

PATH = "/_belt"
AT_ONCE = 256
YIELDS = 10
"""How much it steps back: a flood of questions must not take the processor from whoever serves."""


def main(argv: Sequence[str]) -> int:
    """0 when it was stopped, 2 when what it was told is wrong."""
    parser = argparse.ArgumentParser(prog="python -m gate.beacon", description="Say which belt serves.")
    parser.add_argument("--alias", type=Path, required=True, metavar="DIRECTORY", help="the alias to read")
    parser.add_argument("--socket", required=True, metavar="PATH", help="the unix socket to listen on")
    arguments = parser.parse_args(argv)
    try:
        app = application(arguments.alias, os.environ)
    except BadSettings as mistake:
        sys.stderr.write(f"gate.beacon: {mistake}\n")
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


def application(directory: Path, environment: Mapping[str, str]) -> Starlette:
    """The beacon behind its one path."""
    http = client()
    belts = Belts(http)
    beacon = Beacon(directory, Chains(providers(environment), http), belts)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await belts.close()
            await http.aclose()

    async def say(_: Request) -> Response:
        status, body = await beacon.say()
        return JSONResponse(body, status, headers={"Cache-Control": "no-store"})

    return Starlette(routes=[Route(PATH, say)], lifespan=lifespan)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
