"""At which block of every chain two belts can be compared."""

from collections.abc import Mapping
from dataclasses import dataclass

from gate.observations.progress import ChainProgress, Progress
from gate.observations.rows import Height
from gate.policy.chains import DEFAULT_REORG_DEPTH, Finality
from gate.policy.model import Policy


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


def common(serving: Progress, candidate: Progress, policy: Policy, finalized: Mapping[int, int]) -> Common:
    """The lower progress of both belts, less the depth to which a chain may still be rewritten."""
    heights: list[Height] = []
    young: list[str] = []
    starts: dict[int, int] = {}
    for one in serving.chains:
        other = candidate.of(one.chain)
        if other is None:
            continue
        starts[one.chain] = max(one.start_block, other.start_block)
        height = _height(one, other, policy, finalized.get(one.chain))
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


def _height(one: ChainProgress, other: ChainProgress, policy: Policy, finalized: int | None) -> Height | None:
    if one.height is None or other.height is None:
        return None
    lower = min(one.height, other.height)
    expected = policy.chain(one.chain)
    depth = DEFAULT_REORG_DEPTH if expected is None else expected.reorg_depth
    block, rule = lower - depth, f"the lower progress less {depth} blocks"
    if expected is not None and expected.finality is Finality.TAG and finalized is not None:
        block, rule = min(lower, finalized), "the lower progress, not above the finalized block"
    return Height(chain=one.chain, block=block, serving=one.height, candidate=other.height, rule=rule)
