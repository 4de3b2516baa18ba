"""Which user a program that refuses root runs as, and how its tools are run the same way."""

import functools
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from belts.host import launch
from belts.host.layout import PRIVATE_FILE, Layout, private_dir, write_private
from belts.host.programs import Program, launcher


@functools.cache
def for_postgres() -> str:
    """Not root.

    Itself. Root: an ordinary user in a namespace of its own, or `nobody` where that is denied.
    """
    if os.geteuid() != 0:
        return "same"
    return "namespace" if _namespaces_are_allowed() else "nobody"


def give(path: Path, user: str) -> None:
    """Lets the user own a directory, and walk to it through the belt's own, which stay closed to reading."""
    if user == "nobody":
        os.chown(path, launch.NOBODY, launch.NOBODY)


def run_tool(layout: Layout, program: Program) -> subprocess.CompletedProcess[str]:
    """Runs a program of a part to its end, in the foreground; it dies with this process."""
    private_dir(layout.programs)
    spec = layout.programs / f".{program.name}.{os.getpid()}.json"
    write_private(spec, json.dumps(program.spec(layout, parent=os.getpid())))
    try:
        return _run([*launcher(), str(spec), "tool"])
    finally:
        spec.unlink()


@contextmanager
def start(layout: Layout, program: Program, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a program under this process while the block lasts; then it is ended."""
    private_dir(layout.programs)
    private_dir(layout.logs)
    spec = layout.programs / f".{program.name}.{os.getpid()}.json"
    write_private(spec, json.dumps(program.spec(layout, parent=os.getpid())))
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE), "wb") as output:
        process = subprocess.Popen(
            [*launcher(), str(spec), "tool"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _end(process, program.stop_wait_s)
        spec.unlink()


def _end(process: subprocess.Popen[bytes], wait_s: float) -> None:
    process.terminate()
    try:
        process.wait(wait_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _namespaces_are_allowed() -> bool:
    child = os.fork()
    if child == 0:
        try:
            launch.enter_user_namespace()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
