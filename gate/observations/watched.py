"""What was recorded of a belt while it was watched: how far it was behind the heads, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

NOT_INDEXED = "the belt does not index this chain"
"""Why the progress on a chain is unknown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainStretch:
    """One chain during a stretch: its height and head at the end, and the worst that lasted.

    `lag` is the largest distance to the head seen in two consecutive looks; `unseen` is the longest run of
    looks that saw nothing.
    """

    chain: int
    height: int
    head: int
    lag: int
    unseen: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A short time of repeated looks at a belt; `seeded` distinguishes one seed from another."""

    begin: datetime
    end: datetime
    seeded: int
    chains: tuple[ChainStretch, ...]

    def of(self, chain: int) -> ChainStretch | None:
        """One chain, if it was seen at all."""
        return next((row for row in self.chains if row.chain == chain), None)


@dataclass(frozen=True, slots=True)
class Watched:
    """Every stored stretch, oldest first."""

    stretches: Sequence[Stretch]
