"""Opens the databases of both belts."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from gate.probes.database.comparing import Pair
from gate.probes.database.session import Database

Open = Callable[[], AbstractAsyncContextManager[Database]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Doors:
    """Opens the databases of both belts. A parallel second look needs connections of its own."""

    serving: Open
    candidate: Open
    one_host: bool

    @asynccontextmanager
    async def pair(self) -> AsyncIterator[Pair]:
        """One snapshot of each belt, taken right after each other."""
        async with (
            self.serving() as serving,
            self.candidate() as candidate,
            serving.snapshot() as one,
            candidate.snapshot() as other,
        ):
            yield Pair(serving=one, candidate=other, one_host=self.one_host)
