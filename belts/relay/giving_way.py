"""Giving way: while the serving belt falls behind, a candidate asks less, and resumes afterwards.

Pure: what was seen is an argument. A belt falls behind if its lag grows, however large that lag is: one that
is always some blocks behind is no worse off.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

LEAST = 1 / 16
"""The least share of a candidate, however long the other belt falls behind: it has to finish eventually."""
HALF, UP = 0.5, 1.25
LOOKS = 12
"""The number of looks over which the least lag is taken."""
NOISE_BLOCKS, NOISE_SHARE = 5, 0.2
"""The lag grows if it exceeds the least one by more than both these limits."""


@dataclass(kw_only=True, slots=True)
class GivingWay:
    """What one candidate leaves to the serving belts."""

    share: float = 1.0
    _seen: dict[tuple[int, int], deque[int]] = field(default_factory=dict)

    def after(self, lags: Mapping[tuple[int, int], int]) -> float:
        """The share of its rate after a look, which gives each lag by belt and chain."""
        self._seen = {key: seen for key, seen in self._seen.items() if key in lags}
        grows = [self._grows(key, lag) for key, lag in lags.items()]
        self.share = max(LEAST, self.share * HALF) if any(grows) else min(1.0, self.share * UP)
        return self.share

    def _grows(self, key: tuple[int, int], lag: int) -> bool:
        seen = self._seen.setdefault(key, deque(maxlen=LOOKS))
        least = min(seen, default=lag)
        seen.append(lag)
        return lag - least > max(NOISE_BLOCKS, NOISE_SHARE * least)
