"""Estimates the progress of a proof, and its remaining time at the present pace."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gate.amounts import amount

EVERY_SECONDS = 2.0


@dataclass(kw_only=True, slots=True)
class Forecast:
    """The blocks that every chain still has to be asked for, and those that are done."""

    tell: Callable[[str], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    every: float = EVERY_SECONDS
    open: dict[int, int] = field(default_factory=dict)
    done: dict[int, int] = field(default_factory=dict)
    logs: dict[int, int] = field(default_factory=dict)
    began: float | None = None
    told: float = float("-inf")
    reading: float = 0.0
    """The seconds spent on reading the candidate's rows."""

    def expect(self, chain: int, blocks: int) -> None:
        """Adds open blocks of a chain, counted once per event."""
        if self.began is None:
            self.began = self.clock()
        self.open[chain] = self.open.get(chain, 0) + blocks
        self._tell(chain)

    def step(self, chain: int, blocks: int, logs: int) -> None:
        """Records that some of them are done."""
        self.done[chain] = self.done.get(chain, 0) + blocks
        self.logs[chain] = self.logs.get(chain, 0) + logs
        self._tell(chain)

    def _tell(self, chain: int) -> None:
        if self.clock() - self.told >= self.every:
            self.told = self.clock()
            self.tell(self.line(chain))

    def line(self, chain: int) -> str:
        """The progress of one chain and of all, and the remaining time."""
        whole = _share(sum(self.done.values()), sum(self.open.values()))
        share = _share(self.done.get(chain, 0), self.open.get(chain, 0))
        others = f", all chains to {whole} %" if len(self.open) > 1 else ""
        return (
            f"chain {chain}: what is open is asked to {share} %,"
            f" {amount(self.logs.get(chain, 0), 'log')}{others};"
            f" {self.left}"
        )

    @contextmanager
    def read(self) -> Iterator[None]:
        """Measures the time in which the candidate's rows are read."""
        began = self.clock()
        try:
            yield
        finally:
            self.reading += self.clock() - began

    @property
    def seconds(self) -> float | None:
        """The remaining seconds at the present pace; `None` if unknown yet."""
        done, whole = sum(self.done.values()), sum(self.open.values())
        if self.began is None or not done:
            return None
        return (self.clock() - self.began) * max(0, whole - done) / done

    @property
    def left(self) -> str:
        """The remaining time in words."""
        seconds = self.seconds
        return "how long it needs is not known yet" if seconds is None else f"about {in_words(seconds)} left"


def _share(done: int, whole: int) -> int:
    """A percentage; 100 if there is nothing."""
    return min(100, 100 * done // whole) if whole else 100


def in_words(seconds: float) -> str:
    """A time span in words."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min" if hours < 48 else f"{hours / 24:.1f} days"
