"""How often a belt's providers may be asked, by all its processes together: a file that they share.

A belt's relay, its prover and the gate are several processes. Calls that one takes are not available to the
others, and a provider's rate limit error to one applies to all. No server is needed: a process that finds the
file damaged, or from before a reboot, starts again with nothing taken.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SPARE = 0.1
"""The fraction of a second's calls that may go out at once after a rest; larger batches are paid later."""
LONGEST_PAUSE_S = 30.0
MOST_WAIT_S = 1.0
"""A waiting process checks again after this time, since the rate may have risen."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """The calls per second that each provider may be asked for one belt, kept in a file."""

    file: Path
    rate: int
    providers: frozenset[str]
    """The providers it applies to; others are not limited."""
    boot: str = field(default_factory=lambda: _BOOT.read_text().strip() if _BOOT.exists() else "")

    def take(self, provider: str, calls: int, now: float | None = None) -> float:
        """Takes the calls and returns 0; or takes nothing, and returns the seconds until a retry."""
        if provider not in self.providers:
            return 0.0
        moment = time.monotonic() if now is None else now
        with self._kept() as kept:
            rate = self.rate * _share(kept)
            spare = max(1.0, rate * SPARE)
            left, at, until = _state(kept, provider, spare, moment)
            left = min(spare, left + max(0.0, moment - at) * rate)
            enough = min(float(calls), spare)
            wait = max(until - moment, (enough - left) / rate)
            if wait <= 0:
                left -= calls
            kept["providers"][provider] = [left, moment, until]
            return min(MOST_WAIT_S, wait) if wait > 0 else 0.0

    def busy(self, provider: str, pause: float, now: float | None = None) -> None:
        """Records a rate limit error: no process asks the provider for this long."""
        moment = time.monotonic() if now is None else now
        with self._kept() as kept:
            left, at, until = _state(kept, provider, 0.0, moment)
            later = moment + min(max(0.0, pause), LONGEST_PAUSE_S)
            kept["providers"][provider] = [min(left, 0.0), at, max(until, later)]

    @property
    def share(self) -> float:
        """The fraction of the rate in use."""
        with self._kept() as kept:
            return _share(kept)

    def give(self, share: float) -> None:
        """Sets the fraction of the rate to use from now on; the rest is left to another belt."""
        with self._kept() as kept:
            kept["share"] = share

    @contextmanager
    def _kept(self) -> Iterator[dict[str, Any]]:
        """The file's content, for one process at a time; written back at the end."""
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            kept = self._read(descriptor)
            yield kept
            text = json.dumps(kept).encode()
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, text, 0)
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int) -> dict[str, Any]:
        fresh: dict[str, Any] = {"boot": self.boot, "share": 1.0, "providers": {}}
        try:
            found = json.loads(os.pread(descriptor, os.fstat(descriptor).st_size, 0))
            known = found["boot"] == self.boot and isinstance(found["providers"], dict)
            return found if known and 0 < found["share"] <= 1 else fresh
        except (ValueError, KeyError, TypeError):
            return fresh


def _share(kept: dict[str, Any]) -> float:
    return float(kept["share"])


def _state(kept: dict[str, Any], provider: str, spare: float, now: float) -> tuple[float, float, float]:
    """What is left, since when, and until when to pause; future times are not trusted."""
    try:
        left, at, until = (float(each) for each in kept["providers"][provider])
    except (KeyError, TypeError, ValueError):
        return spare, now, 0.0
    return left, min(at, now), min(until, now + LONGEST_PAUSE_S)
