"""`python -m belts.engine`: serves until it is told to stop."""

import logging
import sys

import uvicorn

from belts.engine.http import Application
from belts.engine.settings import BadSettings, from_environment


def main() -> int:
    """0 when stopped, 2 when the environment does not say what is needed."""
    try:
        settings = from_environment()
    except BadSettings as error:
        for mistake in error.mistakes:
            print(f"belts.engine: {mistake}", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    uvicorn.run(
        Application(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        access_log=False,
        log_level="warning",
        lifespan="on",
        server_header=False,
        date_header=False,
        backlog=2048,
        limit_concurrency=None,
        timeout_keep_alive=75,
        ws_max_size=settings.limits.body_bytes,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
