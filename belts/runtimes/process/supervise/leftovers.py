"""The processes of a belt as the kernel knows them, whatever their parent.

This is how orphans are found and killed.
"""

import os
import signal
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from belts.runtimes.process.confine import users
from belts.runtimes.process.files.layout import Layout

MARK = "BELTS_PROGRAM"
CAGED = "indexer"
"""The program that runs as the belt's own user, with all that it starts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Process:
    pid: int
    program: str


def mark(layout: Layout, program: str) -> str:
    """The mark in a program's environment, inherited by its children even if they change group or parent."""
    return f"{layout.home}:{program}"


def of_belt(layout: Layout) -> tuple[Process, ...]:
    """Every process of the belt's programs, without the supervisor."""
    user = user_of(layout)
    return tuple(process for pid in _pids() if (process := _belonging(pid, layout, user)) is not None)


def user_of(layout: Layout) -> int | None:
    """The user of the belt's indexer, if it has its own: only root assigns one."""
    return users.of(layout.home) if os.geteuid() == 0 else None


def kill(
    layout: Layout, *, programs: Collection[str] | None = None, deadline_s: float = 10.0
) -> tuple[Process, ...]:
    """Kills what is left of a belt, or of some programs of it, and returns once it is gone."""
    killed: dict[int, Process] = {}
    end = time.monotonic() + deadline_s
    while found := [each for each in of_belt(layout) if programs is None or each.program in programs]:
        for process in found:
            killed[process.pid] = process
            _kill(process.pid)
        if time.monotonic() > end:
            raise TimeoutError(f"processes of {layout.home} cannot be ended: {[each.pid for each in found]}")
        time.sleep(0.02)
    return tuple(killed.values())


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _pids() -> Iterator[int]:
    own = os.getpid()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != own:
            yield int(entry.name)


def _belonging(pid: int, layout: Layout, user: int | None) -> Process | None:
    place = Path("/proc") / str(pid)
    try:
        if _is_zombie(place):
            return None
        # Root in a container often lacks CAP_SYS_PTRACE: it sees a process's owner, but not its environment.
        if user is not None and place.stat().st_uid == user:
            return Process(pid=pid, program=CAGED)
        wanted = f"{MARK}={layout.home}:".encode()
        for variable in (place / "environ").read_bytes().split(b"\0"):
            if variable.startswith(wanted):
                return Process(pid=pid, program=variable[len(wanted) :].decode())
        # Postgres overwrites its environment with its title, but always runs in its data directory.
        if _is_postgres_of(place, layout):
            return Process(pid=pid, program="postgres")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None  # gone meanwhile, or somebody else's
    return None


def _is_zombie(place: Path) -> bool:
    return (place / "stat").read_text().rpartition(")")[2].split()[0] == "Z"


def _is_postgres_of(place: Path, layout: Layout) -> bool:
    if (place / "comm").read_text().strip() != "postgres":
        return False
    standing_in = (place / "cwd").readlink()
    return standing_in.is_relative_to(layout.of_part("postgres"))
