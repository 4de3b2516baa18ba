"""Which ranges of blocks are sampled: drawn with a seed, half of them around events known to exist."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from gate.policy.groundtruth import GroundTruth

TRIES = 8  # draws for a window that does not overlap with another


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """A range of blocks, both ends included; `around` says that an event is known to lie in it."""

    first: int
    last: int
    around: bool

    def meets(self, other: "Window") -> bool:
        """Whether both have a block in common."""
        return self.first <= other.last and other.first <= self.last


def draw(
    truth: GroundTruth, known: Sequence[int], *, start: int, height: int, seed: int
) -> tuple[Window, ...]:
    """The windows for one contract's event: the same for the same seed.

    Every other window lies around one of the blocks in `known`, as long as there are any. A range that is no
    longer than one window is looked at as a whole.
    """
    blocks = max(1, truth.windows.blocks)
    if height - start + 1 <= blocks:
        return (Window(first=start, last=height, around=any(start <= block <= height for block in known)),)
    dice = random.Random(f"{seed}/{truth.chain}/{truth.contract}/{truth.event.topic0}")  # noqa: S311 - no secret
    inside = sorted({block for block in known if start <= block <= height})
    windows: list[Window] = []
    for number in range(max(1, truth.windows.count)):
        around = number % 2 == 0 and bool(inside)
        drawn = [_drawn(dice, inside if around else (), start, height, blocks) for _ in range(TRIES)]
        fresh = (one for one in drawn if not any(one.meets(other) for other in windows))
        windows.append(next(fresh, drawn[0]))
    return tuple(windows)


def _drawn(dice: random.Random, inside: Sequence[int], start: int, height: int, blocks: int) -> Window:
    """One window: around one of the blocks, at a random place of it, or anywhere."""
    highest = height - blocks + 1
    first = dice.choice(inside) - dice.randrange(blocks) if inside else dice.randint(start, highest)
    first = min(max(start, first), highest)
    return Window(first=first, last=first + blocks - 1, around=bool(inside))
