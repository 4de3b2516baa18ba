"""The input of a probe: where to look, what was promised, and how much time is left."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar, cast

import httpx

from belts.provider.allowance import Allowance
from gate.endpoints import Endpoints
from gate.evidence import Store
from gate.policy.model import Policy
from gate.probes.terms import Terms, terms_at
from gate.secret import Address

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """One run's endpoints, policy, HTTP client, seed and deadline, shared by all its probes.

    `ends` is on the clock of `time.monotonic`. `cache` holds evidence, never verdicts. `repeats` means that
    a similar run was made minutes ago, so that what is unchanged need not all be read again. `allowance` is
    what is left of the belt's own budget with its providers, if it is known beforehand.
    """

    endpoints: Endpoints
    policy: Policy
    http: httpx.AsyncClient
    seed: int
    began: datetime
    ends: float
    cache: Store | None = None
    repeats: bool = False
    allowance: Allowance | None = None
    _readings: dict[Hashable, "asyncio.Task[Any]"] = field(default_factory=dict, repr=False)
    _terms: dict[str, Terms] = field(default_factory=dict, repr=False)

    def terms(self, address: Address) -> Terms:
        """The limits of the provider behind an address: one budget for all callers."""
        provider = self.policy.providers.name_of(address)
        if provider not in self._terms:
            self._terms[provider] = terms_at(self.policy.providers.rate_of(address))
        return self._terms[provider]

    @property
    def remaining(self) -> float:
        """Seconds until the deadline; never negative."""
        return max(0.0, self.ends - time.monotonic())

    @property
    def readings(self) -> tuple["asyncio.Task[Any]", ...]:
        """The tasks of all readings that were requested."""
        return tuple(self._readings.values())

    async def once(self, read: Callable[..., Awaitable[T]], *what: Hashable) -> T:
        """`read(world, *what)`, made once for all probes that ask, in a task of its own.

        A probe that is cancelled while it waits does not cancel the reading for the others. An exception of
        the reading is raised again in each probe, and never inside the task, where some would end the loop.
        """
        key = (read, what)
        if key not in self._readings:
            self._readings[key] = asyncio.create_task(_carried(partial(read, self, *what)))
        value, error = await asyncio.shield(self._readings[key])
        if error is not None:
            raise error
        return cast("T", value)

    async def first(self, read: Callable[..., Awaitable[T]], *what: Hashable) -> T:
        """Like `once`, but a failed reading is repeated for the next caller."""
        try:
            return await self.once(read, *what)
        except Exception:
            self._readings.pop((read, what), None)
            raise


async def _carried(reading: Callable[[], Awaitable[T]]) -> tuple[T | None, BaseException | None]:
    """The result of a reading, or its exception, as a value."""
    try:
        return await reading(), None
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001 - it is raised again where it is waited for
        return None, error
