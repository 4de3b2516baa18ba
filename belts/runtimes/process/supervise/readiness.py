"""Waits until a part answers.

It polls, and gives up at a deadline or if the part only crashes.
"""

import http.client
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import sockets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.progress import Progress
from belts.runtimes.process.supervise import supervisor

LOOK_EVERY_S = 0.05
STARTS_ALLOWED = 4
TAIL_LINES = 25
TAIL_BYTES = 64 * 1024

Probe = Callable[[], str | None]
"""None if the part is ready, else a description of how far it is."""


def wait(
    layout: Layout,
    program: str,
    probe: Probe,
    *,
    expected: str,
    deadline_s: float,
    secrets: Secrets,
) -> None:
    """Returns once the probe returns None.

    Otherwise raises with what was expected, what was seen, and the end of the log.
    """
    progress = Progress(f"{layout.belt}: {program}")
    starts: set[int] = set()
    while (how_far := probe()) is not None:
        state = supervisor.states(layout).get(program)
        if state is not None and state.started_at:
            starts.add(state.started_at)
        crashes = len(starts) >= STARTS_ALLOWED
        if crashes or progress.elapsed > deadline_s:
            seen = f"it was started {len(starts)} times and ended each time" if crashes else how_far
            raise Refused(
                f"{layout.belt}: {program} is not ready after {progress.elapsed:.0f} s",
                expected=f"{expected} within {deadline_s:.0f} s",
                seen=f"{seen} (supervisor: {state.state if state else 'unknown'})",
                now=f"read {layout.log(program)}, mend what it says, and run the same again",
                log_tail=secrets.redact(tail(layout.log(program))),
            )
        progress.at(how_far)
        time.sleep(LOOK_EVERY_S)


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The end of a log, however long the log is."""
    if not log.is_file():
        return "(no log was written)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL_BYTES))
        text = file.read().decode(errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def tail_since(log: Path, offset: int) -> str:
    """The end of what was written after an offset in the log."""
    with log.open("rb") as file:
        file.seek(max(offset, log.stat().st_size - TAIL_BYTES))
        text = file.read().decode(errors="replace")
    return "\n".join(text.splitlines()[-TAIL_LINES:])


def listens(port: int, host: str = "127.0.0.1") -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def listens_at(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
        except OSError:
            return False
        return True


def postgres_listens(layout: Layout, port: int) -> bool:
    """Whether a belt's Postgres accepts connections, by its socket, since TCP is optional."""
    return listens_at(sockets.of_postgres(sockets.for_host(layout), port))


def http_status(url: str, *, timeout_s: float = 2.0) -> int | str:
    """The status of a GET, or why there is none."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=timeout_s)
    try:
        connection.request("GET", f"{where.path or '/'}{'?' + where.query if where.query else ''}")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as why:
        return f"no answer from {url} yet ({why or type(why).__name__})"
    finally:
        connection.close()


def answers_200(url: str) -> Probe:
    def probe() -> str | None:
        status = http_status(url)
        if isinstance(status, str):
            return status
        return None if status == 200 else f"{url} answers {status}"

    return probe
