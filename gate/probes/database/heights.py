"""Determines the block of every chain at which two belts can be compared, and how far below them it is."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from gate.amounts import amount
from gate.observations.progress import ChainProgress, Progress
from gate.observations.rows import Cut, Height
from gate.policy.chains import DEFAULT_REORG_DEPTH, Finality
from gate.policy.model import Policy

Final = Mapping[int, Mapping[str, int]]
"""The block that each provider calls final, by chain."""

Second = Callable[[int, int], Awaitable[int | None]]
"""Returns when a block of a chain was made, if known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Common:
    """The heights of the chains that both belts have; `young` describes those that are too young."""

    heights: tuple[Height, ...]
    starts: tuple[tuple[int, int], ...]
    young: tuple[str, ...] = ()

    @property
    def blocks(self) -> dict[int, int]:
        """The height of every comparable chain."""
        return {height.chain: height.block for height in self.heights}

    @property
    def span(self) -> int:
        """The largest number of blocks between a chain's start and its height."""
        starts = dict(self.starts)
        return max((height.block - starts[height.chain] for height in self.heights), default=0)

    @property
    def ahead(self) -> int:
        """The largest number of blocks that a belt has above a chain's height."""
        return max(
            (max(height.serving, height.candidate) - height.block for height in self.heights), default=0
        )

    @property
    def seconds(self) -> dict[int, int] | None:
        """When the block at each chain's height was made; `None` if that of any chain is unknown."""
        made = {height.chain: height.made for height in self.heights if height.made is not None}
        return made if len(made) == len(self.heights) else None

    @property
    def unmade(self) -> str:
        """The first block whose time is unknown."""
        return next(
            (f"block {one.block} of chain {one.chain}" for one in self.heights if one.made is None), ""
        )

    @property
    def cut(self) -> Cut | None:
        """Where rows without a chain are cut; `None` if they can only be of one chain."""
        seconds = self.seconds
        if seconds is None or len(seconds) < 2:
            return None
        chain = min(seconds, key=lambda one: (seconds[one], one))
        return Cut(chain=chain, second=seconds[chain], behind=max(seconds.values()) - seconds[chain])


def common(serving: Progress, candidate: Progress, policy: Policy, final: Final) -> Common:
    """The lower progress of both belts, less the depth to which a chain may still be rewritten."""
    heights: list[Height] = []
    young: list[str] = []
    starts: dict[int, int] = {}
    for one in serving.chains:
        other = candidate.of(one.chain)
        if other is None:
            continue
        starts[one.chain] = max(one.start_block, other.start_block)
        height = _height(one, other, policy, final.get(one.chain, {}))
        if height is None:
            young.append(f"chain {one.chain}: a belt has not committed its first block yet")
        elif height.block < starts[one.chain]:
            young.append(
                f"chain {one.chain}: the common height {height.block} ({height.rule}) lies below its start"
                f" {starts[one.chain]}"
            )
        else:
            heights.append(height)
    return Common(heights=tuple(heights), starts=tuple(starts.items()), young=tuple(young))


def _height(
    one: ChainProgress, other: ChainProgress, policy: Policy, final: Mapping[str, int]
) -> Height | None:
    if one.height is None or other.height is None:
        return None
    lower = min(one.height, other.height)
    expected = policy.chain(one.chain)
    depth = DEFAULT_REORG_DEPTH if expected is None else expected.reorg_depth
    block, rule = lower - depth, f"the lower progress less {amount(depth, 'block')}"
    if expected is not None and expected.finality is Finality.TAG and final:
        block, rule = min(lower, *final.values()), "the lower progress, not above the finalized block"
    return Height(
        chain=one.chain,
        block=block,
        serving=one.height,
        candidate=other.height,
        rule=rule,
        final=tuple(sorted(final.items())),
    )


async def measured(common: Common, second: Second) -> Common:
    """Adds to each height the time between it and the lower progress.

    If no provider has the block of the lower progress, because it lags behind the belts, the time until now
    is used, which is no shorter.
    """
    return replace(common, heights=tuple([await _measured(height, second) for height in common.heights]))


async def _measured(height: Height, second: Second) -> Height:
    made = await second(height.chain, height.block)
    if made is None:
        return height
    upper = await second(height.chain, height.lower) if height.distance else made
    until = int(time.time()) if upper is None else upper
    return replace(height, made=made, behind=max(0, until - made))
