"""The control group of one belt: made with its limits, joined by its processes, removed with all of them.

A process in the group stays in it whatever it does, and so do its children. A new session, a second fork or a
changed environment evades every other way to find a belt's processes.
"""

import errno
import os
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from belts.files import read_json, write_private_json
from belts.runtimes.process.confine import hierarchy, scope
from belts.runtimes.process.confine.hierarchy import Parent, Version
from belts.runtimes.process.files.layout import Layout

FOLDER = "belts"
MEMORY, PIDS = "memory", "pids"
MOST_PROCESSES = 4_096
"""Processes and threads of one belt: far more than it needs, far fewer than the host has PIDs."""
MIB = 1024 * 1024
GONE_WITHIN_S = 10.0
NEVER = "it was brought up before belts were held to anything; bring it up again"
NOT_YET = "nothing of it runs"


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What a belt may take and takes, in MB; `ended` counts processes killed for exceeding the limit.

    `wanted_mb` is what it declares: lower than the limit while the belt already holds more than that.

    `processes` is how many it may have, None if that is not limited.
    """

    memory_mb: int
    wanted_mb: int
    taken_mb: int
    ended: int
    processes: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Loose:
    """Nothing limits the belt's memory, and why."""

    why: str


def hold(
    layout: Layout, memory_mb: int, running: Sequence[int] = (), *, supervisor: int | None = None
) -> Held | Loose:
    """Makes the belt's group with these limits, or returns why it cannot, and adds the running processes.

    The supervisor stays outside, so it can restart what was killed in a full group. With a scope it is
    inside: only systemd can add what an ordinary user starts outside.
    """
    everybody = [*running, *([supervisor] if supervisor else [])]
    if scope.available() and _in_scope(layout, memory_mb, everybody):
        return seen(layout)
    folders: dict[str, str] = {}
    try:
        memory = _make(layout, MEMORY)
        folders[MEMORY] = str(memory)
        why = _limit(memory, memory_mb * MIB)
    except OSError as failure:
        why = _words(failure)
    with suppress(OSError):  # without it a belt is held to its memory alone, which `status` shows
        pids = _make(layout, PIDS)
        folders[PIDS] = str(pids)
        _write(pids / "pids.max", str(MOST_PROCESSES))
    write_private_json(layout.confined, {"folders": folders, "why": why, "memoryMb": memory_mb})
    _enter(layout, running)
    return seen(layout)


def seen(layout: Layout) -> Held | Loose:
    """How the belt is limited right now, as the kernel reports it."""
    folders = _folders(layout)
    try:
        record = read_json(layout.confined) or {"why": NEVER}
        why = record["why"]
        return Loose(why=why) if why else _held(folders[MEMORY], folders.get(PIDS), record["memoryMb"])
    except (OSError, ValueError, KeyError, TypeError) as failure:
        return Loose(why=_words(failure))


def members(layout: Layout) -> frozenset[int]:
    """The processes that count towards the belt's memory."""
    folder = _folders(layout).get(MEMORY)
    return frozenset(_pids(folder)) if folder else frozenset()


def end_all(layout: Layout) -> tuple[int, ...]:
    """Kills everything in the group until nothing is left; returns the killed PIDs."""
    ended: set[int] = set()
    _let_start(layout, 0)  # who starts others faster than they are ended could go on for ever
    end = time.monotonic() + GONE_WITHIN_S
    while found := {pid for folder in _folders(layout).values() for pid in _pids(folder)}:
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        ended |= found
        if time.monotonic() > end:
            raise TimeoutError(f"processes of {layout.home} cannot be ended: {sorted(found)}")
        time.sleep(0.02)
    _let_start(layout, MOST_PROCESSES)
    return tuple(sorted(ended))


def _let_start(layout: Layout, most: int) -> None:
    for folder in _folders(layout).values():
        if (folder / "pids.max").exists():
            with suppress(OSError):
                _write(folder / "pids.max", str(most))


def remove(layout: Layout) -> None:
    """Removes the group; kills whatever is still in it first."""
    end_all(layout)
    for folder in _folders(layout).values():
        _remove(folder)
        with suppress(OSError):  # that of all belts goes with the last of them
            folder.parent.rmdir()
    layout.confined.unlink(missing_ok=True)


def _limit(group: Path, limit: int) -> str:
    """Why nothing limits the group; empty if a limit is in force, even if it is the previous one."""
    try:
        limit_memory(group, limit)
    except OSError as failure:
        if _limit_of(group) is None:
            return _words(failure)
    return ""


def limit_memory(group: Path, limit: int) -> None:
    """Limits memory and swap. A limit below current use waits: it would kill healthy processes."""
    if (group / "memory.max").exists():
        if _needed(group) > limit:
            raise OSError(errno.EBUSY, "it holds more than that now; the limit comes with its next restart")
        _write(group / "memory.max", str(limit))
        if (group / "memory.swap.max").exists():
            _write(group / "memory.swap.max", "0")
        return
    plain, with_swap = group / "memory.limit_in_bytes", group / "memory.memsw.limit_in_bytes"
    both = [plain] if not with_swap.exists() else [plain, with_swap]
    # The limit with swap may never be the lower one of the two, not even in between.
    for file in both if limit < int(plain.read_text()) else reversed(both):
        _write(file, str(limit))


def name(layout: Layout) -> str:
    """The name of the group; the hash tells apart belts of one name below different roots."""
    return f"{layout.belt}-{sha256(str(layout.home).encode()).hexdigest()[:12]}"


def _make(layout: Layout, controller: str) -> Path:
    known = _folders(layout).get(controller)
    if known is not None and known.is_dir():
        return known
    parent = hierarchy.parent(controller)
    if parent is None:
        raise OSError(errno.ENOENT, f"no control groups with the controller `{controller}` are mounted here")
    return make(parent, controller, name(layout))


def make(parent: Parent, controller: str, name: str) -> Path:
    """Makes a group with this controller, below the group of all belts."""
    folder = parent.place / FOLDER
    if parent.version is Version.TWO:
        _hand_down(parent.place, controller)
    folder.mkdir(exist_ok=True)
    if parent.version is Version.TWO:
        _hand_down(folder, controller)
    (folder / name).mkdir(exist_ok=True)
    return folder / name


def _hand_down(place: Path, controller: str) -> None:
    """Delegates a controller to the group's children (version 2); impossible while it has processes."""
    if controller not in (place / "cgroup.subtree_control").read_text().split():
        _write(place / "cgroup.subtree_control", f"+{controller}")


def _in_scope(layout: Layout, memory_mb: int, running: Sequence[int]) -> bool:
    """Whether systemd manages the group; while nothing of the belt runs, there is nothing to put in it."""
    why, folders = NOT_YET, {}
    if running:
        try:
            most = {"memory": _not_below(layout, memory_mb * MIB), "processes": MOST_PROCESSES}
            folders[MEMORY] = str(scope.hold(name(layout), running, **most))
            why = ""
        except OSError as failure:
            if os.geteuid() == 0:
                return False  # root can do without
            why = _words(failure)
    write_private_json(layout.confined, {"folders": folders, "why": why, "memoryMb": memory_mb})
    return True


def _not_below(layout: Layout, limit: int) -> int:
    """The current limit of a scope, if a lower one would kill healthy processes."""
    with suppress(OSError):
        known = _folders(layout).get(MEMORY)
        if known is not None and _needed(known) > limit:
            return max(limit, _limit_of(known) or limit)
    return limit


def _enter(layout: Layout, pids: Iterable[int]) -> None:
    """Adds processes; skips those already inside or gone. One that cannot be added shows in `status`."""
    for folder in _folders(layout).values():
        inside = set(_pids(folder))
        for pid in pids:
            if pid not in inside:
                with suppress(OSError):
                    _write(folder / "cgroup.procs", str(pid))


def _limit_of(group: Path) -> int | None:
    """The kernel's limit in bytes; None if there is none."""
    file = group / "memory.max"
    said = (file if file.exists() else group / "memory.limit_in_bytes").read_text().strip()
    return int(said) if said.isdigit() and int(said) < hierarchy.UNLIMITED_V1 else None


def _held(memory: Path, pids: Path | None, wanted_mb: int) -> Held | Loose:
    limit = _limit_of(memory)
    if limit is None:
        return Loose(why="its limit was taken away; bring it up again")
    if (memory / "memory.max").exists():
        taken, told = "memory.current", "memory.events"
    else:
        taken, told = "memory.usage_in_bytes", "memory.oom_control"
    return Held(
        memory_mb=limit // MIB,
        wanted_mb=wanted_mb,
        taken_mb=int((memory / taken).read_text()) // MIB,
        ended=_counted(memory / told).get("oom_kill", 0),
        processes=int(most) if (most := _most_processes(pids or memory)).isdigit() else None,
    )


def _most_processes(group: Path) -> str:
    """How many processes the group may have; in version 2 one group has all controllers."""
    with suppress(FileNotFoundError):
        return (group / "pids.max").read_text().strip()
    return ""


def _needed(group: Path) -> int:
    """Memory that cannot be reclaimed; cached files can."""
    counted = _counted(group / "memory.stat")
    return sum(counted.get(kind, 0) for kind in ("anon", "shmem", "kernel"))


def _counted(file: Path) -> dict[str, int]:
    pairs = (line.split() for line in file.read_text().splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}


def _folders(layout: Layout) -> dict[str, Path]:
    """The recorded folders by controller; empty if the record cannot be read."""
    with suppress(OSError, ValueError, AttributeError):
        known = (read_json(layout.confined) or {}).get("folders", {})
        return {str(controller): Path(folder) for controller, folder in known.items()}
    return {}


def _pids(folder: Path) -> Iterator[int]:
    with suppress(FileNotFoundError):
        yield from map(int, (folder / "cgroup.procs").read_text().split())


def _remove(folder: Path) -> None:
    """Removes the folder; processes killed a moment ago may remain in it for another moment."""
    end = time.monotonic() + GONE_WITHIN_S
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError as failure:
            if failure.errno != errno.EBUSY or time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


def _write(file: Path, text: str) -> None:
    """Writes in one call, as the kernel requires: no temporary file and no rename."""
    descriptor = os.open(file, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _words(failure: Exception) -> str:
    if isinstance(failure, OSError) and failure.strerror:
        return f"{failure.strerror} ({failure.filename})" if failure.filename else failure.strerror
    return f"{type(failure).__name__}: {failure}"
