"""Answers waiting to be read: when they are too many bytes, the slowest readers are dropped."""

import time
from collections.abc import Callable

from belts.engine.clients.accounts import Account
from belts.engine.clients.kept import Kept


class Reading:
    """One connection with waiting answers."""

    __slots__ = ("account", "bytes", "drop", "moved")

    def __init__(self, account: Account, drop: Callable[[], None], now: float) -> None:
        self.account = account
        self.drop = drop
        self.bytes = 0
        self.moved = now

    def weight(self, now: float) -> float:
        """Its bytes, times how long it has read none of them."""
        return self.bytes * (now - self.moved)


class Unread:
    """All waiting answers."""

    def __init__(
        self, most: int, clock: Callable[[], float] = time.monotonic, kept: Kept | None = None
    ) -> None:
        self.most = most
        self._kept = kept or Kept(most)
        self.bytes = 0
        self._clock = clock
        self._readings: set[Reading] = set()

    def reading(self, account: Account, drop: Callable[[], None]) -> Reading:
        """Registers a connection; `drop` closes it at once, with what waits on it."""
        found = Reading(account, drop, self._clock())
        self._readings.add(found)
        return found

    def add(self, reading: Reading, size: int) -> None:
        """Adds waiting bytes; a negative size replaces an answer, which does not count as read."""
        if not reading.bytes:
            reading.moved = self._clock()
        self._count(reading, max(size, -reading.bytes))
        if self.bytes > self.most or self._kept.over:
            self._shed()

    def read(self, reading: Reading, size: int) -> None:
        """Counts bytes as read."""
        reading.moved = self._clock()
        self._count(reading, -min(size, reading.bytes))

    def end(self, reading: Reading) -> None:
        """Ends a reading: the connection has ended, or its answer has been read."""
        self._count(reading, -reading.bytes)
        self._readings.discard(reading)

    def _count(self, reading: Reading, size: int) -> None:
        reading.bytes += size
        reading.account.unread += size
        self.bytes += size
        self._kept.count(size)

    def _shed(self) -> None:
        now = self._clock()
        for reading in sorted(self._readings, key=lambda each: each.weight(now), reverse=True):
            if self.bytes <= self.most and not self._kept.over:
                return
            self.end(reading)
            reading.drop()
