"""The disk below a belt: what is free, and how fast it has filled since that was noted first.

Noted whenever somebody looks, once an hour at most, and kept for a week, with the belt.
"""

import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from belts.files import read_json, write_private_json
from belts.runtimes.disk import Disk
from belts.runtimes.process.files.layout import Layout

HOUR_S, DAY_S = 3_600.0, 86_400.0
KEPT_S = 7 * DAY_S
Sample = tuple[float, int]
"""When, and how many bytes were free."""


def below(root: Path) -> Disk:
    """What is free now."""
    usage = shutil.disk_usage(next(place for place in (root, *root.parents) if place.exists()))
    return Disk(free=usage.free, size=usage.total)


def look(layouts: Sequence[Layout], *, now: float | None = None) -> Disk | None:
    """Of the belts of one host; notes it with each of them. The belt that is noted longest tells the pace."""
    if not layouts:
        return None
    moment, disk = time.time() if now is None else now, below(layouts[0].root)
    histories = [_noted(layout, (moment, disk.free)) for layout in layouts]
    longest = min(histories, key=lambda samples: samples[0][0])
    return Disk(free=disk.free, size=disk.size, days=days(longest))


def days(samples: Sequence[Sample]) -> float | None:
    """Until nothing is free, by the first and the last sample; an hour between them is too few to tell."""
    (began, before), (ended, after) = samples[0], samples[-1]
    if ended - began < HOUR_S or after >= before:
        return None
    return after / (before - after) * (ended - began) / DAY_S


def taken(folder: Path) -> int:
    """Bytes on the disk below a folder; what goes meanwhile counts for nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(place) / name).lstat().st_blocks * 512
    return total


def _noted(layout: Layout, seen: Sample) -> list[Sample]:
    """Its samples and this one, which is kept where the last one is old enough, and where it can be."""
    known = [sample for sample in _read(layout.disk) if 0 <= seen[0] - sample[0] <= KEPT_S]
    if not known or seen[0] - known[-1][0] >= HOUR_S:
        with suppress(OSError):  # a full disk, or a reader who may not write here
            if layout.supervisor.is_dir():
                write_private_json(layout.disk, {"free": [list(sample) for sample in (*known, seen)]})
    return [*known, seen]


def _read(file: Path) -> list[Sample]:
    """What was noted; a note that is damaged says nothing."""
    with suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
        return [(float(at), int(free)) for at, free in (read_json(file) or {"free": ()})["free"]]
    return []
