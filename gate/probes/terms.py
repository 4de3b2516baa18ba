"""On what terms a provider answers: how many questions a second and at once, how many blocks in a range."""

import time
from dataclasses import dataclass, field

MOST_BATCH = 50
"""Questions in one exchange; every large provider takes as many."""
FIRST_SPAN = 10_000
"""Blocks in the first range that is asked for logs."""
MOST_SPAN = 1_000_000
SMALLEST_SHARE = 1 / 32
"""Of its rate, how much is left of a provider that always says that it is asked too often."""


class Size:
    """How much is asked at once: halved where it is refused, and grown again where it is not."""

    def __init__(self, first: int, most: int) -> None:
        self.now = min(first, most)
        self._most = most
        self._ceiling = most
        self._held = 0

    def refused(self, asked: int) -> None:
        """So much was too much."""
        self._ceiling = max(1, asked - 1)
        self.now = max(1, min(self.now, asked) // 2)
        self._held = 0

    def heavy(self) -> None:
        """So much is answered, and is all that anybody wants to hold at once."""
        self.now = max(1, self.now // 2)
        self._held = 0

    def held(self) -> None:
        """So much was answered: after a few such answers more is asked for, up to what was refused."""
        self._held += 1
        if self._held % 4 == 0:
            twice, between = 2 * self.now, self.now + (self._ceiling - self.now) // 2
            grown = twice if twice <= self._ceiling else between
            self.now = grown if grown >= self.now * 5 / 4 else self.now
        if self._held % 64 == 0:  # what was refused once, as for its many logs, may be taken elsewhere
            self._ceiling = min(self._most, 2 * self._ceiling)


@dataclass(kw_only=True, slots=True)
class Budget:
    """So many questions a second: fewer for a while where the provider says that it is asked too often.

    Questions go out evenly. Each reserves its time when it asks for it, so that all who ask take turns.
    """

    rate: float
    _share: float = 1.0
    _free: float = 0.0
    _slowed: float = 0.0

    def wait(self, questions: int, now: float) -> float:
        """Reserves the time of some questions, and says in how many seconds they may go out."""
        start = max(now, self._free)
        self._free = start + questions / (self.rate * self._share)
        return start - now

    def busy(self, pause: float, now: float) -> None:
        """It was asked too often: at half the rate from now on, however many questions were on their way."""
        self._free = max(self._free, now + pause)
        if now - self._slowed >= 1.0:
            self._slowed = now
            self._share = max(SMALLEST_SHARE, self._share / 2)

    def answered(self, questions: int) -> None:
        """It answers: in some seconds without a complaint it is asked as often as before."""
        self._share = min(1.0, self._share + questions / (20 * self.rate))


@dataclass(kw_only=True, slots=True)
class Terms:
    """One provider's terms, learned by all who ask it in one run; `chain_ids` by the URLs that told them."""

    budget: Budget
    batch: Size
    chain_ids: dict[str, int] = field(default_factory=dict, repr=False)
    _spans: dict[int, Size] = field(default_factory=dict)

    def span(self, chain: int) -> Size:
        """How many blocks of one chain it is asked for at once."""
        return self._spans.setdefault(chain, Size(FIRST_SPAN, MOST_SPAN))


def terms_at(rate: int) -> Terms:
    """The terms of a provider that nobody has asked yet: no batch is more than a second's questions."""
    most = min(MOST_BATCH, rate)
    return Terms(budget=Budget(rate=float(rate)), batch=Size(most, most))


def now() -> float:
    """The clock of budgets."""
    return time.monotonic()
