"""Refuses a belt for which this host lacks the memory.

A belt that starves another is worse than one that does not start.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.guards import beside
from belts.runtimes.process.guards.beside import Beside
from belts.runtimes.process.wire.request import Request

MEMINFO = Path("/proc/meminfo")
CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
KEPT_FREE = 0.1
MIB = 1024 * 1024


def refuse_overcommitted(
    asked: Sequence[Request], recorded: Iterable[Request], *, host_mb: int, others: Sequence[Beside] = ()
) -> None:
    """Checks what all belts of this machine declare together against nine tenths of its memory.

    What the belts of this root declare is known. For `others`, below other roots, what is observed counts,
    and only against a request for more than before: what was up earlier always comes back.
    """
    recorded = tuple(recorded)
    replaced = {(request.belt, request.part) for request in asked}
    parts = [*(each for each in recorded if (each.belt, each.part) not in replaced), *asked]
    declared, given = _declared(parts), _declared(recorded)
    others = others if declared > given else ()
    declared += sum(one.memory_mb for one in others)
    usable = int(host_mb * (1 - KEPT_FREE))
    if declared <= usable:
        return
    belts = sorted({request.belt for request in parts})
    raise Refused(
        f"{asked[0].belt}: this host has no memory for it",
        expected=f"at most {usable} MB declared (nine tenths of {host_mb} MB)",
        seen=f"{declared} MB: " + "; ".join([*(_of_belt(belt, parts) for belt in belts), *map(str, others)]),
        now="lower a heap, remove a belt that is not needed, or use another host"
        + (f"; with {beside.VARIABLE}={beside.UNCOUNTED} other roots do not count" if others else ""),
    )


def _declared(parts: Iterable[Request]) -> int:
    return sum(request.body.memory_mb for request in parts)


def _of_belt(belt: str, parts: Iterable[Request]) -> str:
    own = [request for request in parts if request.belt == belt]
    listed = " + ".join(f"{request.part} {request.body.memory_mb}" for request in own)
    return f"{belt} {_declared(own)} ({listed})"


def of_host() -> int:
    """The memory of this machine, or of its control group if that is less, in MB."""
    total = next(
        int(line.split()[1]) // 1024
        for line in MEMINFO.read_text().splitlines()
        if line.startswith("MemTotal:")
    )
    limits = [int(text) // MIB for path in CGROUP_LIMITS if (text := _text(path)).isdigit()]
    return min([total, *limits])


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
