"""What happens on each chain before it goes live: how many events of each kind, in which block, when."""

import random
from dataclasses import asdict, dataclass
from itertools import accumulate

DEFAULT_EVENTS = 212_000
DEFAULT_SEED = 7
GENESIS = 1_735_689_600  # 2025-01-01T00:00:00Z
PERIOD = 30 * 24 * 3600
FEWEST_BLOCKS = 60

# Shares of a chain's events; what is left over are transfers.
PRICES, OPENED, CLOSED, AWARDED = 0.06, 0.02, 0.01, 0.03
TIMES = 14
"""How often transfers name a holder, on average and at least. With fewer, some holders are never named, and a
position or a badge of the live traffic belongs to an account that nothing has made.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """One chain as it is, whatever the size of the demo."""

    id: int
    block_time: float
    share: float
    events_per_block: int
    badges: bool = False


CHAINS = {
    chain.id: chain
    for chain in (
        Chain(id=1, block_time=5, share=0.23, events_per_block=120),
        Chain(id=10, block_time=2, share=0.20, events_per_block=80, badges=True),
        Chain(id=8453, block_time=1, share=0.23, events_per_block=80),
        Chain(id=42161, block_time=0.25, share=0.13, events_per_block=25),
        Chain(id=80094, block_time=3, share=0.13, events_per_block=60),
        Chain(id=7777777, block_time=1.5, share=0.08, events_per_block=40),
    )
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """How many events of each kind one block holds."""

    timestamp: int
    transfers: int
    prices: int
    opened: int
    closed: int
    awarded: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The whole past of one chain. The same arguments give the same plan, on any machine."""

    chain: int
    seed: int
    holders: int
    blocks: tuple[Block, ...]

    def count(self, kind: str) -> int:
        return sum(getattr(block, kind) for block in self.blocks)

    def as_data(self) -> dict[str, object]:
        return asdict(self)


def plan(chain: Chain, *, seed: int = DEFAULT_SEED, events: int = DEFAULT_EVENTS) -> Plan:
    """The past of `chain` when all chains together have about `events` events."""
    total = round(events * chain.share)
    closed, opened, prices = (max(2, round(total * share)) for share in (CLOSED, OPENED, PRICES))
    awarded = max(2, round(total * AWARDED)) if chain.badges else 0
    transfers = max(2, total - closed - opened - prices - awarded)

    draw = random.Random(f"{seed}:{chain.id}")  # noqa: S311 -- deterministic on purpose
    length = max(FEWEST_BLOCKS, total // chain.events_per_block)
    weights = [0.0 if draw.random() < 0.1 else draw.random() for _ in range(length)]
    late = [0.0] * (length // 2) + weights[length // 2 :]  # a position is closed long after some were opened
    columns = (
        _spread(transfers, weights),
        _spread(prices, weights[::-1]),
        _spread(opened, weights),
        _spread(closed, late),
        _spread(awarded, weights),
    )
    spacing = PERIOD // (length + 1)
    return Plan(
        chain=chain.id,
        seed=seed,
        holders=max(1, min(max(50, total // 25), 2 * transfers // TIMES)),
        blocks=tuple(
            Block(
                timestamp=GENESIS + spacing * (index + 2),
                transfers=row[0],
                prices=row[1],
                opened=row[2],
                closed=row[3],
                awarded=row[4],
            )
            for index, row in enumerate(zip(*columns, strict=True))
        ),
    )


def _spread(total: int, weights: list[float]) -> list[int]:
    """Divides `total` over the weights and loses none: what is rounded away comes in a later block."""
    sums = list(accumulate(weights))
    edges = [round(total * done / sums[-1]) for done in sums]
    return [edge - before for before, edge in zip([0, *edges], edges, strict=False)]
