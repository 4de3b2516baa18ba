"""Refuses a belt for which this host has no memory.

One that starves another is worse than one that does not start.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.wire.request import Request

MEMINFO = Path("/proc/meminfo")
CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
KEPT_FREE = 0.1
MIB = 1024 * 1024


def refuse_overcommitted(asked: Sequence[Request], recorded: Iterable[Request], *, host_mb: int) -> None:
    """Everything declared by all belts of this host, together, against nine tenths of its memory."""
    replaced = {(request.belt, request.part) for request in asked}
    others = [request for request in recorded if (request.belt, request.part) not in replaced]
    parts = [*others, *asked]
    declared = sum(request.body.memory_mb for request in parts)
    usable = int(host_mb * (1 - KEPT_FREE))
    if declared <= usable:
        return
    belts = sorted({request.belt for request in parts})
    raise Refused(
        f"{asked[0].belt}: this host has no memory for it",
        expected=f"at most {usable} MB declared (nine tenths of {host_mb} MB)",
        seen=f"{declared} MB: " + "; ".join(_of_belt(belt, parts) for belt in belts),
        now="lower a heap, remove a belt that is not needed, or use another host",
    )


def _of_belt(belt: str, parts: Iterable[Request]) -> str:
    own = [request for request in parts if request.belt == belt]
    listed = " + ".join(f"{request.part} {request.body.memory_mb}" for request in own)
    return f"{belt} {sum(request.body.memory_mb for request in own)} ({listed})"


def of_host() -> int:
    """What this machine has, or what its control group lets us have, in MB."""
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
