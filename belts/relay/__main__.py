"""`python -m belts.relay`: relays until it is told to stop."""

import argparse
import os
import socket
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from belts.relay.application import Told, application
from belts.relay.watching import EVERY_S

DESCRIPTOR = 0
"""The descriptor of the port that the supervisor keeps open: clients wait while the relay restarts."""


def main(argv: Sequence[str] | None = None) -> int:
    """Returns 0 when stopped, 2 without a port or readable routes."""
    parser = argparse.ArgumentParser(prog="python -m belts.relay", description=__doc__)
    parser.add_argument("--routes", type=Path, required=True, metavar="FILE", help="what it leads to")
    parser.add_argument("--root", type=Path, required=True, metavar="DIR", help="where belts are beside it")
    parser.add_argument("--belt", required=True, help="whose relay it is")
    parser.add_argument("--watch-seconds", type=float, default=EVERY_S, help="how often it looks at them")
    given = parser.parse_args(argv)
    told = Told(routes=given.routes, root=given.root, belt=given.belt, watch_s=given.watch_seconds)
    if not stat.S_ISSOCK(os.fstat(DESCRIPTOR).st_mode):
        print("belts.relay: it was given no port: does somebody else listen there?", file=sys.stderr)
        return 2
    try:
        app = application(told)
    except (OSError, ValueError) as fault:
        print(f"belts.relay: what it leads to cannot be read: {type(fault).__name__}", file=sys.stderr)
        return 2
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
    )
    uvicorn.Server(config).run([socket.socket(fileno=DESCRIPTOR)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
