"""What was written down of a belt while somebody watched it: how far it was behind the heads, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

NOT_INDEXED = "the belt does not index this chain"
"""Why it is not told how far a belt is on a chain."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainStretch:
    """One chain during a stretch: where it and its head were at the end, and the worst that lasted.

    `lag` is the largest distance to the head that two looks in a row have seen; `unseen` is the most looks
    in a row that saw nothing.
    """

    chain: int
    height: int
    head: int
    lag: int
    unseen: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A short time in which a belt was looked at again and again; `seeded` tells one seed from another."""

    begin: datetime
    end: datetime
    seeded: int
    chains: tuple[ChainStretch, ...]

    def of(self, chain: int) -> ChainStretch | None:
        """One chain, where it was seen at all."""
        return next((row for row in self.chains if row.chain == chain), None)


@dataclass(frozen=True, slots=True)
class Watched:
    """Every stretch that is kept, the oldest first."""

    stretches: Sequence[Stretch]
