"""How often a belt's providers may be asked, by all who ask them for it: one file, which each takes from.

A belt's relay, its prover and the gate are several processes. What one takes, the others do not get, and what
a provider says to one (that it is asked too often) holds for all. It takes no server: whoever finds the file
damaged, or of another start of the machine, begins anew with nothing taken.
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
"""Of a second's calls, how many may go out at once after a rest; a larger batch is paid for after it."""
LONGEST_PAUSE_S = 30.0
MOST_WAIT_S = 1.0
"""Whoever waits looks again after this: the rate may have risen."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """Calls a second that each provider may be asked for one belt, kept in a file."""

    file: Path
    rate: int
    providers: frozenset[str]
    """Whom it is about; of whom else it says nothing."""
    boot: str = field(default_factory=lambda: _BOOT.read_text().strip() if _BOOT.exists() else "")

    def take(self, provider: str, calls: int, now: float | None = None) -> float:
        """Takes the calls, and gives 0; or takes nothing, and gives the seconds after which to ask again."""
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
        """It says that it is asked too often: nobody asks it for so long."""
        moment = time.monotonic() if now is None else now
        with self._kept() as kept:
            left, at, until = _state(kept, provider, 0.0, moment)
            later = moment + min(max(0.0, pause), LONGEST_PAUSE_S)
            kept["providers"][provider] = [min(left, 0.0), at, max(until, later)]

    @property
    def share(self) -> float:
        """Which part of the rate is in use."""
        with self._kept() as kept:
            return _share(kept)

    def give(self, share: float) -> None:
        """Uses this part of the rate from here on: the rest is left to another belt."""
        with self._kept() as kept:
            kept["share"] = share

    @contextmanager
    def _kept(self) -> Iterator[dict[str, Any]]:
        """What is known, for one process at a time; it is written back at the end."""
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
    """What is left, when that was so, and until when nobody asks; a moment to come is none."""
    try:
        left, at, until = (float(each) for each in kept["providers"][provider])
    except (KeyError, TypeError, ValueError):
        return spare, now, 0.0
    return left, min(at, now), min(until, now + LONGEST_PAUSE_S)
