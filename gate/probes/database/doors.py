"""How both belts' databases are opened."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from gate.probes.database.comparing import Pair
from gate.probes.database.session import Database

Open = Callable[[], AbstractAsyncContextManager[Database]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Doors:
    """How both belts' databases are opened. A second look at the same time needs connections of its own."""

    serving: Open
    candidate: Open
    one_host: bool

    @asynccontextmanager
    async def pair(self) -> AsyncIterator[Pair]:
        """One snapshot of each belt, taken one right after the other."""
        async with (
            self.serving() as serving,
            self.candidate() as candidate,
            serving.snapshot() as one,
            candidate.snapshot() as other,
        ):
            yield Pair(serving=one, candidate=other, one_host=self.one_host)
