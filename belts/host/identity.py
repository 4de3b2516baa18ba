"""Which user a program that refuses root runs as, and how its tools are run the same way."""

import functools
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from belts.host import launch
from belts.host.layout import Layout, private_dir, write_private
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
