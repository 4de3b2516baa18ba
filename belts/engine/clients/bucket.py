"""A token bucket: a burst at once, and a rate per second from then on."""


class Bucket:
    """A bucket that starts full and refills over time, up to its burst."""

    __slots__ = ("_at", "_burst", "_held", "_rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._held = burst
        self._at = now

    def take(self, now: float) -> bool:
        """Takes one token, if there is one."""
        self._fill(now)
        if self._held < 1:
            return False
        self._held -= 1
        return True

    def delay(self, now: float) -> float:
        """Takes one token in any case; returns how many seconds too early that is."""
        self._fill(now)
        self._held -= 1
        return 0.0 if self._held >= 0 else -self._held / self._rate

    def spend(self, amount: float, now: float) -> None:
        """Takes this amount, even if it is not there."""
        self._fill(now)
        self._held -= amount

    def left(self, now: float) -> float:
        """The fraction that is left; negative if more was taken."""
        self._fill(now)
        return self._held / self._burst

    def full(self, now: float) -> bool:
        """Whether it is full again, so that nothing of its past matters."""
        self._fill(now)
        return self._held >= self._burst

    def _fill(self, now: float) -> None:
        self._held = min(self._burst, self._held + (now - self._at) * self._rate)
        self._at = now
