"""Makes the gate's reads yield to consumers if the server process runs on this machine.

Postgres has no setting for it. The process title must name our end of the connection, so that a process
which only has the same id, as behind a tunnel or in a container, is left alone.
"""

import os
import socket
from pathlib import Path

import psycopg

NICENESS = 5
"""Gets a quarter of a contended core, and all of an idle one."""


def give_way(connection: psycopg.AsyncConnection[tuple[object, ...]]) -> bool:
    """Lowers the priority of the server process of this connection; False if it was not found here."""
    process = Path("/proc") / str(connection.info.backend_pid)
    if not is_of(process, connection):
        return False
    try:
        os.setpriority(os.PRIO_PROCESS, connection.info.backend_pid, NICENESS)
    except OSError:
        return False
    return _as_a_session(process / "autogroup")


def _as_a_session(group: Path) -> bool:
    """Lowers the priority of the process's session, since cores may be shared by session first.

    The kernel limits how often users other than root may change this: if it refuses, this returns False.
    """
    try:
        group.write_text(str(NICENESS))
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def is_of(process: Path, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> bool:
    """True if a process of this machine serves exactly this connection."""
    try:
        title = (process / "cmdline").read_bytes().decode(errors="replace")
        with socket.socket(fileno=os.dup(connection.fileno())) as end:
            port = end.getsockname()[1] if end.family in {socket.AF_INET, socket.AF_INET6} else 0
    except OSError:
        return False
    return title.startswith("postgres: ") and f"({port})" in title
