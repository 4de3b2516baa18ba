"""The gate's reads give way to consumers, where the server's process for them runs on this machine.

Postgres has no setting for it. The process is looked for by what its title says of our own end of the
connection, so that none is touched that only has the same number, as behind a tunnel or in a container.
"""

import os
import socket
from pathlib import Path

import psycopg

NICENESS = 5
"""A quarter of a core that others want, all of one that stands idle."""


def give_way(connection: psycopg.AsyncConnection[tuple[object, ...]]) -> bool:
    """Whether the server's process for this connection was found here, and now gives way."""
    process = Path("/proc") / str(connection.info.backend_pid)
    if not is_of(process, connection):
        return False
    try:
        os.setpriority(os.PRIO_PROCESS, connection.info.backend_pid, NICENESS)
    except OSError:
        return False
    return _as_a_session(process / "autogroup")


def _as_a_session(group: Path) -> bool:
    """A process of Postgres is a session of its own; where sessions share the cores first, that counts.

    A kernel takes few such changes in a row from those that are not root: then it does not give way.
    """
    try:
        group.write_text(str(NICENESS))
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def is_of(process: Path, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> bool:
    """Whether a process of this machine serves this very connection."""
    try:
        title = (process / "cmdline").read_bytes().decode(errors="replace")
        with socket.socket(fileno=os.dup(connection.fileno())) as end:
            port = end.getsockname()[1] if end.family in {socket.AF_INET, socket.AF_INET6} else 0
    except OSError:
        return False
    return title.startswith("postgres: ") and f"({port})" in title
