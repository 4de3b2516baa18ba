"""`gate move`, again and again, each time halted at one of its touches: a line of JSON on stdin is one move.

A touch is what others can see of a process: a file that it writes or locks, a connection, a statement, a
request. What is ended between two of them leaves the same behind whenever that is, so the number of a touch
is a moment that can be given again. Each is told in the move's own file, in its order.

A move is a process of its own, forked from here: to load it anew each time takes longer than what is tried.
"""

import io
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import httpx
import psycopg

from gate.__main__ import main
from gate.alias.confirm import against_certificate  # noqa: F401 -- loaded when it is needed, as a rule
from gate.commands import move  # noqa: F401

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
NAMED = {
    "os.rename": "rename",
    "os.remove": "remove",
    "os.mkdir": "mkdir",
    "os.rmdir": "rmdir",
    "os.symlink": "link",
    "os.truncate": "truncate",
    "fcntl.flock": "lock",
    "socket.connect": "connect",
}
LONGEST = 60


class Touches:
    """Counts, tells, and halts the whole process at the one that was asked for."""

    def __init__(self, descriptor: int, halt: int) -> None:
        self._descriptor, self._halt, self._count = descriptor, halt, 0

    def __call__(self, name: str) -> None:
        self._count += 1
        os.write(self._descriptor, f"{' '.join(name.split())[:LONGEST]}\n".encode())
        if self._count == self._halt:
            os.kill(os.getpid(), signal.SIGSTOP)

    def listen(self) -> None:
        sys.addaudithook(self._audited)
        for cursor in (psycopg.Cursor, psycopg.AsyncCursor):
            self._before(cursor, "execute", lambda statement, *_: f"sql {_text(statement)}")
        for connection in (psycopg.Connection, psycopg.AsyncConnection):
            self._before(connection, "_exec_command", lambda statement, *_: f"sql {_text(statement)}")
            self._before(connection, "connect", lambda *_: "sql connect")
        self._before(httpx.AsyncClient, "send", lambda request, *_: f"ask {request.url.path}")

    def _audited(self, event: str, values: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(values[2], int) and values[2] & WRITES:
            self(f"write {_name(values[0])}")
        elif event in NAMED:
            self(f"{NAMED[event]} {_name(values[0])}")

    def _before(self, owner: type, name: str, told: Callable[..., str]) -> None:
        whole = getattr(owner, name)
        bound = isinstance(owner.__dict__.get(name), classmethod)

        def touched(*args: Any, **kwargs: Any) -> Any:
            self(told(*args) if bound else told(*args[1:]))
            return whole(*args, **kwargs)

        setattr(owner, name, staticmethod(touched) if bound else touched)


def _name(what: object) -> str:
    return PurePath(os.fsdecode(what)).name if isinstance(what, str | bytes | os.PathLike) else ""


def _text(statement: object) -> str:
    return statement.decode() if isinstance(statement, bytes) else str(statement)


def moved(order: str, touches: Path, said: Path, halt: int) -> None:
    """One move, in a process that ends with it."""
    descriptor = os.open(touches, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    error = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(error, 2)
    os.dup2(error, 1)
    sys.stdin = io.StringIO(order)
    Touches(descriptor, halt).listen()
    code = main(["move"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if not pid:
            moved(asked["order"], Path(asked["touches"]), Path(asked["said"]), int(asked["halt"]))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
