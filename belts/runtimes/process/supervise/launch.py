"""Becomes a program of a belt: with its user, directory, environment and limits, tied to its parent."""

import ctypes
import errno
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38
CAPABILITIES = 64
NOBODY = 65534
INSIDE_ID = 1000
CANNOT_START = 111
DESCRIPTORS = 65_536
"""The most for one process of a belt: a host has a limit for all, beyond which no process can open a file."""


def main(argv: list[str]) -> int:
    spec: dict[str, Any] = json.loads(Path(argv[1]).read_text())
    parent = parent_of(spec)
    os.umask(0o077)
    confine(Path(argv[1]))
    cage = spec.get("cage")
    if cage:
        _ours()  # who it becomes may not be able to read it
    become(spec["user"])
    if cage:
        become_its_own(cage)
    die_with_parent(parent)
    if cage:
        keep_to_its_files(cage)
    os.chdir(spec["cwd"])
    os.execve(spec["argv"][0], spec["argv"], spec["env"])  # noqa: S606 -- this is the purpose of the program
    return CANNOT_START


def parent_of(spec: dict[str, Any]) -> int:
    """The process that must be alive while the program runs: a pid, or supervisord's pid file."""
    parent = spec["parent"]
    return int(parent) if isinstance(parent, int) else int(Path(parent).read_text())


def confine(spec: Path) -> None:
    """Enters the belt's control groups, sets its rank for when memory is short, and disables core dumps.

    A core dump of a belt would contain its secrets. Both files lie beside the supervisor, not in the spec:
    their content changes while the program runs, and does not make it another program. A group that cannot be
    entered does not prevent the start; `status` shows which programs are outside.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    beside = spec.parent.parent
    folders = _read(beside / "confined.json", "folders")
    if folders:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, most) if soft >= 0 else most, most))
    for folder in folders.values():
        try:
            (Path(str(folder)) / "cgroup.procs").write_text("0")
        except OSError as failure:
            print(f"belts: not held to its limits: {folder}: {failure.strerror}", file=sys.stderr, flush=True)
    ranks = _read(beside / "ranks.json", "ranks")
    rank = ranks.get(spec.stem.lstrip(".").partition(".")[0], ranks.get(""))
    if isinstance(rank, int):
        rank_at(os.getpid(), rank)


def rank_at(pid: int, rank: int) -> None:
    """Sets how early the kernel kills the process when memory is short; without privilege, at least 0."""
    file = Path("/proc") / str(pid) / "oom_score_adj"
    for wanted in (rank, max(0, rank)):
        try:
            file.write_text(str(wanted))
        except OSError:
            continue
        return


def _read(file: Path, key: str) -> dict[str, Any]:
    """One map of a file; empty if the file is damaged, so that this prevents no start."""
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    found = content.get(key) if isinstance(content, dict) else None
    return found if isinstance(found, dict) else {}


def become(user: str) -> None:
    """Stops being root for a program that refuses root.

    Done before the tie to the parent, which it would undo.
    """
    if user == "namespace":
        enter_user_namespace()
    elif user == "nobody":
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def become_its_own(cage: dict[str, Any]) -> None:
    """Becomes the user of its belt, irrevocably, in a view without other belts."""
    _, view = _ours()
    if cage["hidden"]:
        view.enter(cage["hidden"], [*cage["read"], *cage["write"]])
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() == 0:
        for capability in range(CAPABILITIES):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # one that this kernel does not know is refused
        os.setgroups([])
    if cage["user"] is not None:
        os.setresgid(cage["user"], cage["user"], cage["user"])
        os.setresuid(cage["user"], cage["user"], cage["user"])
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot give up to gain privileges")


def keep_to_its_files(cage: dict[str, Any]) -> None:
    """Restricts the process by Landlock, if the kernel has it.

    Raises without Landlock if it is `needed` to protect the host's secrets from this program: another kernel
    may lack it after the next boot, when the check made at the bring-up is not repeated.
    """
    landlock, _ = _ours()
    if not landlock.restrict(read=cage["read"], write=cage["write"]) and cage.get("needed"):
        raise OSError(
            errno.ENOSYS,
            "expected Landlock, which alone keeps this from every secret of the host; seen a kernel that"
            " has none; boot one that has it, or run `python -m belts heal`, which says what else there is",
        )


def _ours() -> tuple[Any, Any]:
    """Imports from this file's checkout, appended so that Python's standard library always comes first."""
    sys.path.append(str(Path(__file__).resolve().parents[4]))
    from belts.runtimes.process.confine import landlock, view  # noqa: PLC0415 -- for what is judged alone

    return landlock, view


def enter_user_namespace() -> None:
    """Becomes an ordinary user inside; outside, files that it makes still belong to the original user."""
    outside_uid, outside_gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are denied here")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{INSIDE_ID} {outside_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{INSIDE_ID} {outside_gid} 1")


def die_with_parent(parent: int) -> None:
    """Makes the kernel kill this process when its parent dies; exits if the parent is dead already."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot be tied to the supervisor")
    if os.getppid() != parent:
        sys.exit(CANNOT_START)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
