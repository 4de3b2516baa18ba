"""How far a belt has come on each of its chains, as one of its doors tells it."""

from dataclasses import dataclass
from datetime import datetime

from gate.claims import Access


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainProgress:
    """One row of a belt's chain table.

    `height` is the last block whose data is committed, `None` before the first one. `caught_up_at` is when
    the belt reached the head of this chain; some releases of Envio write it anew at each start, so it is no
    proof of how long it has been there, and says nothing about now.
    """

    chain: int
    start_block: int
    height: int | None
    end_block: int | None = None
    events: int | None = None
    caught_up_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Every chain that a belt has, read at one moment through one door."""

    door: Access
    chains: tuple[ChainProgress, ...]

    def of(self, chain: int) -> ChainProgress | None:
        """The progress on one chain, or `None` where the belt does not have it."""
        return next((row for row in self.chains if row.chain == chain), None)

    @property
    def ids(self) -> frozenset[int]:
        """The chains that the belt has."""
        return frozenset(row.chain for row in self.chains)

    @property
    def heights(self) -> dict[int, int]:
        """The last committed block of each chain that has one."""
        return {row.chain: row.height for row in self.chains if row.height is not None}

    @property
    def mark(self) -> frozenset[tuple[int, int, datetime]]:
        """What this belt says of itself at one moment: when it caught up with each chain, to the millisecond.

        A start may rewrite it, so two of them compare only if none came between. Empty before the first one.
        """
        return frozenset(
            (row.chain, row.start_block, row.caught_up_at)
            for row in self.chains
            if row.caught_up_at is not None
        )
