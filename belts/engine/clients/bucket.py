"""A token bucket: so many at once, and so many a second from then on."""


class Bucket:
    """Full at first; filled by the second, as far as its burst."""

    __slots__ = ("_at", "_burst", "_held", "_rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._held = burst
        self._at = now

    def take(self, now: float) -> bool:
        """Takes one, if there is one."""
        self._fill(now)
        if self._held < 1:
            return False
        self._held -= 1
        return True

    def delay(self, now: float) -> float:
        """Takes one in any case, and says how many seconds that is too early."""
        self._fill(now)
        self._held -= 1
        return 0.0 if self._held >= 0 else -self._held / self._rate

    def spend(self, amount: float, now: float) -> None:
        """Takes so much, whether it is there or not."""
        self._fill(now)
        self._held -= amount

    def left(self, now: float) -> float:
        """The part of it that is there; below nothing where more was taken."""
        self._fill(now)
        return self._held / self._burst

    def full(self, now: float) -> bool:
        """Whether nothing of it is remembered any more."""
        self._fill(now)
        return self._held >= self._burst

    def _fill(self, now: float) -> None:
        self._held = min(self._burst, self._held + (now - self._at) * self._rate)
        self._at = now
