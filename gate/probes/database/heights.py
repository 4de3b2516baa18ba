"""At which block of every chain two belts can be compared, and how far below them that is."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from gate.amounts import amount
from gate.observations.progress import ChainProgress, Progress
from gate.observations.rows import Cut, Height
from gate.policy.chains import DEFAULT_REORG_DEPTH, Finality
from gate.policy.model import Policy

Final = Mapping[int, Mapping[str, int]]
"""For every chain, what each of its providers calls final."""

Second = Callable[[int, int], Awaitable[int | None]]
"""When a block of a chain was made, if anybody says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Common:
    """The heights of the chains that both belts have; `young` says which of them cannot be compared yet."""

    heights: tuple[Height, ...]
    starts: tuple[tuple[int, int], ...]
    young: tuple[str, ...] = ()

    @property
    def blocks(self) -> dict[int, int]:
        """The height of every comparable chain."""
        return {height.chain: height.block for height in self.heights}

    @property
    def span(self) -> int:
        """The most blocks that any chain has between its start and its height."""
        starts = dict(self.starts)
        return max((height.block - starts[height.chain] for height in self.heights), default=0)

    @property
    def ahead(self) -> int:
        """The most blocks that any belt has above the height of a chain."""
        return max(
            (max(height.serving, height.candidate) - height.block for height in self.heights), default=0
        )

    @property
    def seconds(self) -> dict[int, int] | None:
        """When the block at the height of every chain was made; `None` where nobody says it of one."""
        made = {height.chain: height.made for height in self.heights if height.made is not None}
        return made if len(made) == len(self.heights) else None

    @property
    def unmade(self) -> str:
        """The first of the blocks of which nobody says when they were made."""
        return next(
            (f"block {one.block} of chain {one.chain}" for one in self.heights if one.made is None), ""
        )

    @property
    def cut(self) -> Cut | None:
        """Where rows end that name no chain; `None` where there is only one chain they can be of."""
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
    """The heights with the time that lies between each and the lower progress.

    Where nobody has the block of the lower progress, because a provider lags behind the belts, the time until
    now stands for it: it is no shorter.
    """
    return replace(common, heights=tuple([await _measured(height, second) for height in common.heights]))


async def _measured(height: Height, second: Second) -> Height:
    made = await second(height.chain, height.block)
    if made is None:
        return height
    upper = await second(height.chain, height.lower) if height.distance else made
    until = int(time.time()) if upper is None else upper
    return replace(height, made=made, behind=max(0, until - made))
