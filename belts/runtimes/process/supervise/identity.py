"""Which user a program that refuses root runs as, and how its tools run as the same user."""

import functools
import json
import os
import signal
import stat
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from belts.files import PRIVATE_FILE, private_dir, write_private
from belts.runtimes.process.confine import users, view
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import launch
from belts.runtimes.process.supervise.programs import Program, launcher


@functools.cache
def for_postgres() -> str:
    """The user for Postgres, which is never root.

    An ordinary user stays the same. For root: an ordinary user in a namespace of its own, or `nobody` if that
    is denied.
    """
    if os.geteuid() != 0:
        return "same"
    return "namespace" if _namespaces_are_allowed() else "nobody"


@functools.cache
def may_hide() -> bool:
    """Whether a program may get a mount namespace of its own, in which places are hidden."""

    def hide() -> None:
        launch.enter_user_namespace()
        view.enter([], [])

    return users.may(hide)


def give(path: Path, user: str) -> None:
    """Gives a path to the user, if that is another one than the current."""
    if user == "nobody":
        os.chown(path, launch.NOBODY, launch.NOBODY)


def let_pass(layout: Layout, user: str, *, program: Path, to: Path) -> None:
    """Lets `nobody` reach its directory; the directories above the belts are the operator's to open."""
    if user != "nobody":
        return
    for place in (layout.root, layout.home, to):
        place.chmod(place.stat().st_mode | stat.S_IXOTH)
    closed = [place for path in (to, program) for place in path.parents if not _open_to_all(place)]
    if closed:
        raise Refused(
            f"{layout.belt}: Postgres refuses to run as root, and nobody else may come near it",
            expected="user namespaces, or directories that every user may pass through",
            seen=f"user namespaces are denied here, and these are closed: {', '.join(map(str, closed))}",
            now="run this as an ordinary user, allow user namespaces, or open those directories (chmod o+x)",
        )


def _open_to_all(place: Path) -> bool:
    return bool(place.stat().st_mode & stat.S_IXOTH)


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
    """Runs a program below this process until the block ends."""
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
