"""Becomes a program of a belt: in its user, directory and environment, bound to die with who started it.

Run as a script by supervisord (`python -I -S launch.py SPEC DIGEST`), so it imports little, and nothing of
ours. The environment comes from a private file: what supervisord is told shows in its configuration, and what
a command line holds shows in `ps`. DIGEST is not read here; it changes the command when a file of the program
changes, which is how supervisord sees that the program differs.
"""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
NOBODY = 65534
INSIDE_ID = 1000
CANNOT_START = 111


def main(argv: list[str]) -> int:
    spec: dict[str, Any] = json.loads(Path(argv[1]).read_text())
    parent = parent_of(spec)
    os.umask(0o077)
    become(spec["user"])
    die_with_parent(parent)
    os.chdir(spec["cwd"])
    os.execve(spec["argv"][0], spec["argv"], spec["env"])  # noqa: S606 -- this is the purpose of the program
    return CANNOT_START


def parent_of(spec: dict[str, Any]) -> int:
    """Who must be alive for the program to run: a number, or the file that supervisord keeps its own in."""
    parent = spec["parent"]
    return int(parent) if isinstance(parent, int) else int(Path(parent).read_text())


def become(user: str) -> None:
    """Stops being root for a program that refuses root.

    It comes before the tie to the parent, which it would undo.
    """
    if user == "namespace":
        enter_user_namespace()
    elif user == "nobody":
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def enter_user_namespace() -> None:
    """In here this user is an ordinary one; outside, the files it makes belong to whom they belonged."""
    outside_uid, outside_gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are denied here")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{INSIDE_ID} {outside_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{INSIDE_ID} {outside_gid} 1")


def die_with_parent(parent: int) -> None:
    """SIGKILL when the parent dies, and at once if it died before this was said."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot be tied to the supervisor")
    if os.getppid() != parent:
        sys.exit(CANNOT_START)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
