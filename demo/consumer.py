"""A consumer that keeps asking the alias, and counts the answers by belt and the failures."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx

QUERY = {"query": "{ _meta { chainId progressBlock } }"}
PAUSE_S = 0.05


@dataclass
class Consumer:
    """Asks from threads of its own, over connections that stay open, until the block ends."""

    url: str
    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Start asking."""
        self._threads = [threading.Thread(target=self._consume, daemon=True) for _ in range(4)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop asking."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10)

    @property
    def asked(self) -> int:
        """How many requests have ended."""
        return sum(self.answers.values()) + len(self.failures)

    @contextmanager
    def watching(self) -> Iterator["Watched"]:
        """Records the requests that end during the block."""
        before, failed = Counter(self.answers), len(self.failures)
        watched = Watched()
        yield watched
        watched.answers = self.answers - before
        watched.failures = self.failures[failed:]

    def _consume(self) -> None:
        with httpx.Client(timeout=10) as client:
            while not self._stop.is_set():
                try:
                    answer = client.post(self.url, json=QUERY).raise_for_status()
                    if answer.json().get("data"):
                        self.answers[answer.headers["x-belt"]] += 1
                    else:
                        self.failures.append(answer.text)
                except (httpx.HTTPError, ValueError, KeyError) as error:
                    self.failures.append(f"{type(error).__name__}: {error}")
                time.sleep(PAUSE_S)


@dataclass
class Watched:
    """Requests that ended within a block: the answers by belt, and the failures."""

    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """The figures in one line."""
        by = ", ".join(f"{count:,} by {belt}" for belt, count in sorted(self.answers.items()))
        failed = f"{len(self.failures)} failed" + (f" ({self.failures[0]})" if self.failures else "")
        return f"{by or 'none answered'}; {failed}"
