"""`python -m belts.engine`: serves until it is told to stop."""

import asyncio
import logging
import signal
import sys

import uvicorn
import uvloop

from belts.engine import descriptors, memory
from belts.engine.serve.connections import Http, WebSocket
from belts.engine.serve.http import Application
from belts.engine.settings import from_environment
from belts.reading.mistakes import MistakesError


def main() -> int:
    """0 when stopped, 2 when the environment does not say what is needed."""
    try:
        settings = from_environment()
        descriptors.raised(descriptors.needed(settings))
    except (MistakesError, descriptors.TooFew) as error:
        print(f"belts.engine: {error}", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    memory.given_back()
    application = Application(settings)
    config = uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        http=Http,
        ws=WebSocket,
        access_log=False,
        log_level="warning",
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        backlog=2048,
        limit_concurrency=None,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
        ws_max_size=settings.limits.body_bytes,
        # To compress one large answer takes a quarter of a second in which nobody else is answered.
        ws_per_message_deflate=False,
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(uvicorn.Server(config), application))
    return 0


async def _serve(server: uvicorn.Server, application: Application) -> None:
    # An alias that has moved leaves open sockets behind: this signal sends their clients after it.
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, application.serving.close_sockets)
    await server.serve()


if __name__ == "__main__":
    sys.exit(main())
