"""Chooses the sampled ranges of blocks: random over the whole range, without overlaps."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gate.policy.groundtruth import GroundTruth

ONE_IN = 4
"""One in this many windows may be around a known event, which the candidate itself may have named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """A range of blocks, both ends included; `around` means that it was chosen for a known event."""

    first: int
    last: int
    around: bool


def draw(
    truth: GroundTruth, known: Sequence[int], *, start: int, height: int, seed: int
) -> tuple[Window, ...]:
    """The windows for one contract's event, in order, deterministic for a seed.

    One in four lies around one of the `known` blocks, as long as there are any, and never the only one. A
    range of less than twice the blocks of all windows is looked at as a whole.
    """
    count, blocks = truth.windows.count, truth.windows.blocks
    if height - start + 1 < 2 * count * blocks:
        return (Window(first=start, last=height, around=False),)
    dice = _dice(truth, seed)
    windows: list[Window] = []
    inside = sorted({block for block in known if start <= block <= height})
    for number in range(count):
        free = list(_free(windows, start, height, blocks))
        near = dice.choice(inside) if inside and number < _around(count) else None
        found = _near(near, free, blocks, dice) if near is not None else None
        windows.append(found or _anywhere(free, blocks, dice))
    return tuple(sorted(windows, key=lambda window: window.first))


def beside(
    truth: GroundTruth, drawn: Sequence[Window], block: int, *, start: int, height: int, seed: int
) -> Window | None:
    """One more window around a block that the chain has named; `None` if another one contains it."""
    free = list(_free(drawn, start, height, 1))
    found = _near(block, free, truth.windows.blocks, _dice(truth, seed))
    return Window(first=found.first, last=found.last, around=False) if found else None


def _dice(truth: GroundTruth, seed: int) -> random.Random:
    return random.Random(f"{seed}/{truth.chain}/{truth.contract}/{truth.event.topic0}")  # noqa: S311 - no secret


def _around(count: int) -> int:
    """How many windows may lie around known blocks: a minority, and none if there is one window."""
    return max(1, count // ONE_IN) if count > 1 else 0


def _free(windows: Sequence[Window], start: int, height: int, least: int) -> Iterator[tuple[int, int]]:
    """The ranges that no window covers and that have room for `least` blocks."""
    for window in sorted(windows, key=lambda window: window.first):
        if window.first - start >= least:
            yield start, window.first - 1
        start = window.last + 1
    if height - start + 1 >= least:
        yield start, height


def _near(block: int, free: Sequence[tuple[int, int]], blocks: int, dice: random.Random) -> Window | None:
    """A window with a block at a random place in it, as far as the free range allows."""
    for low, high in free:
        if low <= block <= high:
            first = min(max(low, block - dice.randrange(blocks)), max(low, high - blocks + 1))
            return Window(first=first, last=min(high, first + blocks - 1), around=True)
    return None


def _anywhere(free: Sequence[tuple[int, int]], blocks: int, dice: random.Random) -> Window:
    """A window at a uniformly random place."""
    rooms = [high - low + 2 - blocks for low, high in free]
    place = dice.randrange(sum(rooms))
    for (low, _), room in zip(free, rooms, strict=True):
        if place < room:
            return Window(first=low + place, last=low + place + blocks - 1, around=False)
        place -= room
    raise AssertionError("a place lies in one of the rooms")
