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

    `target` is the serving belt's height when the watch began, `None` if the serving belt has no such chain
    or no block of it yet. `seconds` is how long it was watched. `end_block` is where the candidate ends
    according to its own config, `serving_end` the same of the serving belt. `told` are the heads that each
    provider reported.
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
        """True if the candidate has all blocks that its config demands of this chain."""
        return self.end_block is not None and (self.last.candidate or 0) >= self.end_block

    @property
    def beyond(self) -> int:
        """How many blocks the candidate is above the head it was compared with, which no chain can have."""
        if not isinstance(self.last.head, int) or self.last.candidate is None:
            return 0
        return max(0, self.last.candidate - self.last.head)

    @property
    def head_moved(self) -> bool:
        """True if the chain made a block during the watch."""
        first, last = self.first.head, self.last.head
        return isinstance(first, int) and isinstance(last, int) and last > first

    @property
    def candidate_moved(self) -> bool:
        """True if the candidate committed a block during the watch."""
        return (self.last.candidate or 0) > (self.first.candidate or 0)

    @property
    def lag(self) -> int | None:
        """Blocks between the head and the candidate at the last look; `None` if either is unknown."""
        if not isinstance(self.last.head, int) or self.last.candidate is None:
            return None
        return max(0, self.last.head - self.last.candidate)


@dataclass(frozen=True, kw_only=True, slots=True)
class Heights:
    """Every chain of the candidate, by id, and the moment at which the watch ended."""

    ended: datetime
    chains: tuple[ChainWatch, ...]

    def of(self, chain: int) -> ChainWatch | None:
        """One chain's watch."""
        return next((watch for watch in self.chains if watch.chain == chain), None)
