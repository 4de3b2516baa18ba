"""Gives way: while the belt that serves falls behind, a candidate asks less, and takes up again after.

Pure: what was seen is an argument. Whether a belt falls behind is told by how far it was behind a moment
ago, and not by how far it is: one that is always some blocks behind is no worse off.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

LEAST = 1 / 16
"""What is left to a candidate, however long the other one falls behind: it has to come to an end."""
HALF, UP = 0.5, 1.25
LOOKS = 12
"""So many looks back the least lag is looked for."""
NOISE_BLOCKS, NOISE_SHARE = 5, 0.2
"""More blocks than this, and a larger part of the least lag, is a growing one."""


@dataclass(kw_only=True, slots=True)
class GivingWay:
    """What one candidate leaves to those that serve."""

    share: float = 1.0
    _seen: dict[tuple[int, int], deque[int]] = field(default_factory=dict)

    def after(self, lags: Mapping[tuple[int, int], int]) -> float:
        """The share of its rate that it takes after a look: how far each is behind, by belt and chain."""
        self._seen = {key: seen for key, seen in self._seen.items() if key in lags}
        grows = [self._grows(key, lag) for key, lag in lags.items()]
        self.share = max(LEAST, self.share * HALF) if any(grows) else min(1.0, self.share * UP)
        return self.share

    def _grows(self, key: tuple[int, int], lag: int) -> bool:
        seen = self._seen.setdefault(key, deque(maxlen=LOOKS))
        least = min(seen, default=lag)
        seen.append(lag)
        return lag - least > max(NOISE_BLOCKS, NOISE_SHARE * least)
