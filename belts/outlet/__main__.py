"""`python -m belts.outlet --told FILE`: lets readers in until it is told to stop."""

import argparse
import asyncio
import signal
import socket
import ssl
import sys
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from pathlib import Path

from belts.outlet.certified import Certified
from belts.outlet.serving import Serving
from belts.outlet.told import read

BACKLOG = 128


def main(argv: Sequence[str] | None = None) -> int:
    """0 when stopped, 2 when it cannot listen or has no certificate."""
    parser = argparse.ArgumentParser(prog="python -m belts.outlet", description=__doc__)
    parser.add_argument("--told", type=Path, required=True, metavar="FILE", help="what it is told")
    given = parser.parse_args(argv)
    try:
        told = read(given.told)
        certified = Certified(Path(told.certificate), Path(told.key))
        certified.context()
        family = socket.AF_INET6 if isinstance(ip_address(told.address), IPv6Address) else socket.AF_INET
        listening = socket.create_server((told.address, told.port), family=family, backlog=BACKLOG)
    except (OSError, ValueError, TypeError, KeyError, ssl.SSLError) as fault:
        print(f"belts.outlet: it cannot let anybody in: {type(fault).__name__}: {fault}", file=sys.stderr)
        return 2
    with listening, suppress(asyncio.CancelledError):
        asyncio.run(_until_stopped(Serving(told, certified), listening))
    return 0


async def _until_stopped(serving: Serving, listening: socket.socket) -> None:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await serving.run(listening)


if __name__ == "__main__":
    sys.exit(main())
