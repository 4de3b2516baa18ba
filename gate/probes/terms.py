"""A provider's limits: questions a second and per batch, and blocks per range."""

import time
from dataclasses import dataclass, field

MOST_BATCH = 50
"""Questions in one exchange; every large provider accepts as many."""
FIRST_SPAN = 10_000
"""Blocks in the first range of a request for logs."""
MOST_SPAN = 1_000_000
SMALLEST_SHARE = 1 / 32
"""The smallest share of its rate at which a provider that always complains is asked."""


class Size:
    """How much is asked at once: halved after a refusal, and grown again after successes."""

    def __init__(self, first: int, most: int) -> None:
        self.now = min(first, most)
        self._most = most
        self._ceiling = most
        self._held = 0

    def refused(self, asked: int) -> None:
        """Records that this many were refused."""
        self._ceiling = max(1, asked - 1)
        self.now = max(1, min(self.now, asked) // 2)
        self._held = 0

    def heavy(self) -> None:
        """Records an answer that is too large to hold comfortably."""
        self.now = max(1, self.now // 2)
        self._held = 0

    def held(self) -> None:
        """Records a success: after a few of them more is asked for, up to what was refused."""
        self._held += 1
        if self._held % 4 == 0:
            twice, between = 2 * self.now, self.now + (self._ceiling - self.now) // 2
            grown = twice if twice <= self._ceiling else between
            self.now = grown if grown >= self.now * 5 / 4 else self.now
        if self._held % 64 == 0:  # what was refused once, as for its many logs, may be accepted elsewhere
            self._ceiling = min(self._most, 2 * self._ceiling)


@dataclass(kw_only=True, slots=True)
class Budget:
    """A rate of questions, reduced for a while after the provider says that it is asked too often.

    Questions go out evenly. Each reserves its time when it asks, so that all callers take turns.
    """

    rate: float
    _share: float = 1.0
    _free: float = 0.0
    _slowed: float = 0.0

    def wait(self, questions: int, now: float) -> float:
        """Reserves time for some questions, and returns in how many seconds they may go out."""
        start = max(now, self._free)
        self._free = start + questions / (self.rate * self._share)
        return start - now

    def busy(self, pause: float, now: float) -> None:
        """Halves the rate, once however many questions were on their way."""
        self._free = max(self._free, now + pause)
        if now - self._slowed >= 1.0:
            self._slowed = now
            self._share = max(SMALLEST_SHARE, self._share / 2)

    def answered(self, questions: int) -> None:
        """Restores the rate gradually while the provider answers."""
        self._share = min(1.0, self._share + questions / (20 * self.rate))


@dataclass(kw_only=True, slots=True)
class Terms:
    """One provider's limits, learned by all callers of a run; `chain_ids` maps URLs to their answers."""

    budget: Budget
    batch: Size
    chain_ids: dict[str, int] = field(default_factory=dict, repr=False)
    _spans: dict[int, Size] = field(default_factory=dict)

    def span(self, chain: int) -> Size:
        """How many blocks of one chain it is asked for at once."""
        return self._spans.setdefault(chain, Size(FIRST_SPAN, MOST_SPAN))


def terms_at(rate: int) -> Terms:
    """The initial limits of a provider: no batch exceeds a second's questions."""
    most = min(MOST_BATCH, rate)
    return Terms(budget=Budget(rate=float(rate)), batch=Size(most, most))


def now() -> float:
    """The clock of budgets."""
    return time.monotonic()
