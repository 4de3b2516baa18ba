"""What a probe is given: where to look, what was promised, and how much time is left."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx

from gate.endpoints import Endpoints
from gate.policy.model import Policy

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """One run's endpoints, policy, HTTP client, seed and deadline, shared by all its probes.

    `ends` is on the clock of `time.monotonic`. `cache` holds evidence about finalized blocks, never verdicts.
    """

    endpoints: Endpoints
    policy: Policy
    http: httpx.AsyncClient
    seed: int
    began: datetime
    ends: float
    cache: Path | None = None
    _readings: dict[Callable[["World"], Awaitable[Any]], "asyncio.Task[Any]"] = field(
        default_factory=dict, repr=False
    )

    @property
    def remaining(self) -> float:
        """Seconds until the deadline; never negative."""
        return max(0.0, self.ends - time.monotonic())

    async def once(self, read: Callable[["World"], Awaitable[T]]) -> T:
        """A reading that several probes share: made by the first who asks, in a task of its own.

        A probe that is cancelled while it waits does not take the reading away from the others.
        """
        if read not in self._readings:
            self._readings[read] = asyncio.ensure_future(read(self))
        return cast("T", await asyncio.shield(self._readings[read]))
