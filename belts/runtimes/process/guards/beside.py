"""The belts below other roots of this machine, as far as the kernel shows them: there is no registry.

Each running belt has a supervisor whose command line names its directory, readable by every user. The belt's
declared memory counts if this user may read it; else the limit of its control group, else what it uses now.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from belts.runtimes.process.confine import group, hierarchy
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise.supervisord import MODULE
from belts.runtimes.process.wire import recorded

VARIABLE, UNCOUNTED = "BELTS_OTHER_ROOTS", "uncounted"
"""Set by an operator who knows that other roots will not take what they declare."""
PROC = Path("/proc")
CONFIGURATION = ("supervisor", "supervisord.conf")
MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """A belt of another root: its directory, user, processes and memory, and how the memory is known."""

    home: Path
    uid: int
    pids: frozenset[int]
    memory_mb: int
    known_by: str

    def __str__(self) -> str:
        """The belt with its memory, in words."""
        return f"{self.home.name} below {self.home.parent} {self.memory_mb} ({self.known_by})"


def seen(root: Path) -> tuple[Beside, ...]:
    """All belts of other roots whose supervisor runs."""
    parents = _parents()
    here = os.path.realpath(root)
    found = [
        _looked_at(home, _uid(pid), frozenset(_below(pid, parents)))
        for pid in parents
        if (home := _home(pid)) is not None and os.path.realpath(home.parent) != here
    ]
    return tuple(sorted(found, key=lambda each: str(each.home)))


def counted(root: Path, environment: Mapping[str, str] = os.environ) -> tuple[Beside, ...]:
    """The belts whose memory counts against the machine's."""
    return () if environment.get(VARIABLE) == UNCOUNTED else seen(root)


def _home(pid: int) -> Path | None:
    """The directory of the belt whose supervisor this process is; None if it is not a supervisor."""
    words = _words(pid)
    if MODULE not in words or "-c" not in words[:-1]:
        return None
    configuration = Path(words[words.index("-c") + 1])
    named = configuration.is_absolute() and configuration.parts[-2:] == CONFIGURATION
    return configuration.parents[1] if named else None


def _words(pid: int) -> list[str]:
    """The command line of a process, which every user may read."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def _uid(pid: int) -> int:
    try:
        return (PROC / str(pid)).stat().st_uid
    except OSError:
        return -1


def _looked_at(home: Path, uid: int, pids: frozenset[int]) -> Beside:
    layout = Layout(root=home.parent, belt=home.name)
    asked = recorded.look(layout)
    if asked.requests and not asked.unread:
        memory_mb, known_by = sum(request.body.memory_mb for request in asked.requests), "declared"
    elif (limit := _limit(layout)) is not None:
        memory_mb, known_by = limit, "what its control group may take"
    else:
        memory_mb, known_by = _taken(pids), "taken now; what it declares is not shown"
    return Beside(home=home, uid=uid, pids=pids, memory_mb=memory_mb, known_by=known_by)


def _limit(layout: Layout) -> int | None:
    """The memory limit of the belt's group, if it lies beside the groups of this root."""
    parent = hierarchy.parent(group.MEMORY)
    if parent is None:
        return None
    folder = parent.place / group.FOLDER / group.name(layout)
    for file in ("memory.max", "memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            limit = int((folder / file).read_text())
            return limit // MIB if limit < hierarchy.UNLIMITED_V1 else None
    return None


def _taken(pids: frozenset[int]) -> int:
    """The private memory of all processes, plus the largest shared memory of any."""
    own, shared = 0, [0]
    for pid in pids:
        sizes = _status(pid)
        own += sizes.get("RssAnon", 0)
        shared.append(sizes.get("RssShmem", 0))
    return (own + max(shared)) // 1024


def _status(pid: int) -> Mapping[str, int]:
    """The resident sizes in kB, by the kernel's names."""
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return {}
    words = (line.split() for line in lines if line.startswith("Rss"))
    return {each[0].rstrip(":"): int(each[1]) for each in words if len(each) == 3}


def _parents() -> dict[int, int]:
    """The parent of every process, original or adopted."""
    found = {}
    for place in PROC.iterdir():
        if place.name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                found[int(place.name)] = int((place / "stat").read_text().rpartition(")")[2].split()[1])
    return found


def _below(pid: int, parents: Mapping[int, int]) -> Iterator[int]:
    children: dict[int, list[int]] = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    left = [pid]
    while left:
        yield (one := left.pop())
        left += children.get(one, [])
