"""The processes of a belt as the kernel knows them, whoever their parent is.

How an orphan is found, and ended.
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
    """Inherited by whatever the program starts, so that no child is lost by changing its group or its
    parent.
    """
    return f"{layout.home}:{program}"


def of_belt(layout: Layout) -> tuple[Process, ...]:
    """Every process of the belt's programs, the supervisor not among them."""
    user = user_of(layout)
    return tuple(process for pid in _pids() if (process := _belonging(pid, layout, user)) is not None)


def user_of(layout: Layout) -> int | None:
    """Whose the belt's indexer is, where it has a user of its own: only root gives it one."""
    return users.of(layout.home) if os.geteuid() == 0 else None


def kill(
    layout: Layout, *, programs: Collection[str] | None = None, deadline_s: float = 10.0
) -> tuple[Process, ...]:
    """Ends what is left of a belt, or of some programs of it, and comes back when it is gone."""
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
        # Root of a container mostly lacks CAP_SYS_PTRACE: it sees whose a process is, not its environment.
        if user is not None and place.stat().st_uid == user:
            return Process(pid=pid, program=CAGED)
        wanted = f"{MARK}={layout.home}:".encode()
        for variable in (place / "environ").read_bytes().split(b"\0"):
            if variable.startswith(wanted):
                return Process(pid=pid, program=variable[len(wanted) :].decode())
        # Postgres writes its title over its environment, but always stands in its data directory.
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
