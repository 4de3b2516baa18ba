"""How the heads of the chains, the candidate and the serving belt moved while the gate watched."""

from dataclasses import dataclass
from datetime import datetime

from gate.observations.unobserved import Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One moment of one chain: the head was read first, then the candidate's height."""

    head: int | Unobserved
    candidate: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainWatch:
    """One chain while it was watched.

    `target` is the height that the serving belt had when the watch began, `None` where the serving belt has
    no such chain or no block of it yet. `seconds` is how long it was watched. `end_block` is the block at
    which the candidate ends by its own config, `serving_end` the serving belt's. `told` are the heads by the
    providers that told them.
    """

    chain: int
    target: int | None
    first: Look
    last: Look
    seconds: float
    caught_up_at: datetime | None = None
    end_block: int | None = None
    serving_end: int | None = None
    told: tuple[tuple[str, int], ...] = ()

    @property
    def ended(self) -> bool:
        """True where the candidate has all that its config asks of this chain."""
        return self.end_block is not None and (self.last.candidate or 0) >= self.end_block

    @property
    def beyond(self) -> int:
        """Blocks that the candidate has above the head that it was held against: no chain has them."""
        if not isinstance(self.last.head, int) or self.last.candidate is None:
            return 0
        return max(0, self.last.candidate - self.last.head)

    @property
    def head_moved(self) -> bool:
        """True where the chain made a block while it was watched."""
        first, last = self.first.head, self.last.head
        return isinstance(first, int) and isinstance(last, int) and last > first

    @property
    def candidate_moved(self) -> bool:
        """True where the candidate committed a block while it was watched."""
        return (self.last.candidate or 0) > (self.first.candidate or 0)

    @property
    def lag(self) -> int | None:
        """Blocks between the head and the candidate at the last look; `None` where either is unknown."""
        if not isinstance(self.last.head, int) or self.last.candidate is None:
            return None
        return max(0, self.last.head - self.last.candidate)


@dataclass(frozen=True, kw_only=True, slots=True)
class Heights:
    """Every chain of the candidate, in order of its id, and the moment at which the watch ended."""

    ended: datetime
    chains: tuple[ChainWatch, ...]

    def of(self, chain: int) -> ChainWatch | None:
        """One chain's watch."""
        return next((watch for watch in self.chains if watch.chain == chain), None)
