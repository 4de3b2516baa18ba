"""Shares one look among all requests within a moment, however many there are."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(kw_only=True, slots=True)
class Look(Generic[T]):
    """A look that was started; `ended` is set when it is done."""

    of: Hashable
    task: "asyncio.Task[T]"
    ended: float | None = None


class Fresh(Generic[T]):
    """The last result, while it is recent and about the same thing."""

    def __init__(
        self,
        look: Callable[[], Awaitable[T]],
        *,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._seconds = seconds
        self._clock = clock
        self._last: Look[T] | None = None

    async def get(self, of: Hashable) -> T:
        """The result; the first caller looks, and callers in the meantime wait for that look."""
        last = self._last
        if last is None or last.of != of or self._is_old(last):
            last = self._last = Look(of=of, task=asyncio.ensure_future(self._look()))
            last.task.add_done_callback(lambda _: self._end(last))
        return await asyncio.shield(last.task)

    def _is_old(self, look: Look[T]) -> bool:
        return look.ended is not None and self._clock() - look.ended >= self._seconds

    def _end(self, look: Look[T]) -> None:
        look.ended = self._clock()
