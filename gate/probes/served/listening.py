"""A live query of the belt's progress that stays open while other probes run.

Subscribers are notified of changes, so the last notification must soon match the database.
"""

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import orjson

from gate.observations.followed import Pushed
from gate.observations.unobserved import Cause
from gate.probes.database.session import Database
from gate.probes.graphql.ask import data_of
from gate.probes.served.door import PAUSE, TRIES
from gate.probes.served.views import Chains, chain_in, chains_of, lies, told_by
from gate.probes.served.websocket import Subscriber
from gate.probes.unseen import BusyError, UnseenError, unseen_as_value

PATIENCE = 10.0
"""Seconds in which a change must be pushed: engines poll about once a second."""


@dataclass(kw_only=True, slots=True)
class Listening:
    """Listens to the plain fields `names` of a progress view, on a connection of its own."""

    view: str
    names: tuple[str, ...]
    database: Database
    subscriber: Subscriber
    _times: int = 0
    _last: str = ""
    _again: int = 0
    _broken: UnseenError | None = None
    _came: asyncio.Event = field(default_factory=asyncio.Event)
    _task: "asyncio.Task[None] | None" = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        """Listens, and reconnects if the connection breaks, as consumers' clients do.

        A connection that repeatedly breaks before its first answer is a fault.
        """
        failed = 0
        async with self.subscriber:
            while True:
                before = self._times
                try:
                    await self._heard()
                except UnseenError as error:
                    failed = 1 if self._times > before else failed + 1
                    if not isinstance(error, BusyError) or failed == TRIES:
                        self._broken = error
                        break
                    self._again += 1
                    await asyncio.sleep(PAUSE)
                else:
                    break
        self._came.set()

    async def _heard(self) -> None:
        query = f"subscription Progress {{ rows: {self.view} {{ {' '.join(self.names)} }} }}"
        async with aclosing(self.subscriber.follow(query, {})) as messages:
            async for message in messages:
                self._last, self._times = message, self._times + 1
                self._came.set()

    @unseen_as_value
    async def told(self) -> Pushed:
        """Compares the last answer with the current chain table, as soon as they match."""
        before = await chains_of(self.database)
        wrong: tuple[str, ...] = (f"{self.view} was not told at all",)
        patience = min(PATIENCE, self.subscriber.world.remaining / 2)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while wrong:
                    self._came.clear()
                    if self._broken is not None:
                        raise self._broken
                    if self._last:
                        found = lies(before, self._chains(), await chains_of(self.database))
                        wrong = tuple(lie.words for lie in found)
                    if wrong:
                        await self._came.wait()
        if wrong and patience < PATIENCE:  # an engine that is only slow is not wrong
            raise UnseenError(f"{wrong[0]}, when the gate's time was up", Cause.DEADLINE)
        return Pushed(view=self.view, times=self._times, again=self._again, wrong=wrong)

    def _chains(self) -> Chains:
        rows = data_of(orjson.loads(self._last).get("payload"), self.subscriber.address).get("rows")
        return told_by(rows, chain_in(self.view, self.names), self.view)
