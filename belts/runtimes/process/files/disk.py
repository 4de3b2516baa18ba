"""The disk below a belt: what is free, and how fast it has filled since the first sample.

A sample is taken with each look, at most once an hour, and kept for a week with the belt.
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
"""When it was taken, and how many bytes were free."""


def below(root: Path) -> Disk:
    """The space that is free now."""
    usage = shutil.disk_usage(next(place for place in (root, *root.parents) if place.exists()))
    return Disk(free=usage.free, size=usage.total)


def look(layouts: Sequence[Layout], *, now: float | None = None) -> Disk | None:
    """The disk below the belts of one host; records a sample with each. The longest record gives the pace."""
    if not layouts:
        return None
    moment, disk = time.time() if now is None else now, below(layouts[0].root)
    histories = [_noted(layout, (moment, disk.free)) for layout in layouts]
    longest = min(histories, key=lambda samples: samples[0][0])
    return Disk(free=disk.free, size=disk.size, days=days(longest))


def days(samples: Sequence[Sample]) -> float | None:
    """Days until nothing is free, by the first and last sample; None if they lie within an hour."""
    (began, before), (ended, after) = samples[0], samples[-1]
    if ended - began < HOUR_S or after >= before:
        return None
    return after / (before - after) * (ended - began) / DAY_S


def taken(folder: Path) -> int:
    """Bytes on the disk below a folder; files that vanish meanwhile count as nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(place) / name).lstat().st_blocks * 512
    return total


def _noted(layout: Layout, seen: Sample) -> list[Sample]:
    """The belt's samples and this one, which is stored if the last is old enough and it can be written."""
    known = [sample for sample in _read(layout.disk) if 0 <= seen[0] - sample[0] <= KEPT_S]
    if not known or seen[0] - known[-1][0] >= HOUR_S:
        with suppress(OSError):  # a full disk, or a reader who may not write here
            if layout.supervisor.is_dir():
                write_private_json(layout.disk, {"free": [list(sample) for sample in (*known, seen)]})
    return [*known, seen]


def _read(file: Path) -> list[Sample]:
    """The stored samples; none if the file is damaged."""
    with suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
        return [(float(at), int(free)) for at, free in (read_json(file) or {"free": ()})["free"]]
    return []
