"""Watches a move of an alias that lives elsewhere as consumers see it, while it is made."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import httpx

from gate.alias.move.arrival import UNNAMED, GatewayConnections
from gate.alias.move.atomicity import Atomicity

PAUSE = 0.1


class Watch:
    """Asks the alias on kept and on fresh connections while it moves, as consumers do."""

    def __init__(self, connections: GatewayConnections, *, old: str, new: str) -> None:
        """`old` and `new` are the two belts."""
        self._connections = connections
        self._old, self._new = old, new
        self._asked = self._failed = self._unnamed = self._dead = 0
        self._last_old: float | None = None
        self._first_new: float | None = None

    @property
    def seen(self) -> Atomicity:
        """What was seen so far.

        Both answered while one asked the old belt after another had been answered by the new one. What fails
        before anybody was answered is no fault of the move: the belt that it leaves may be dead.
        """
        mixed: float | None = 0.0
        if self._last_old is not None and self._first_new is not None:
            mixed = max(0.0, self._last_old - self._first_new)
        if self._unnamed:
            mixed = None
        return Atomicity(
            asked=self._asked - self._dead,
            failed=self._failed,
            mixed=None if mixed is None else timedelta(seconds=mixed),
        )

    def note(self, who: str, *, began: float, ended: float) -> None:
        """One answer: whose it was, when it was asked for, and when it was there."""
        self._asked += 1
        if who == self._old:
            self._last_old = max(began, self._last_old or began)
        elif who == self._new:
            self._first_new = min(ended, self._first_new or ended)
        elif who == UNNAMED:
            self._unnamed += 1
        elif self._last_old is None and self._first_new is None and not self._unnamed:
            self._dead += 1
        else:
            self._failed += 1

    async def kept(self, client: httpx.AsyncClient) -> None:
        """One connection that stays open."""
        while True:
            began = time.monotonic()
            who = await self._connections.answer(client)
            self.note(who, began=began, ended=time.monotonic())
            await asyncio.sleep(PAUSE)

    async def fresh(self) -> None:
        """A new connection for each request."""
        while True:
            for client in self._connections.clients():
                async with client:
                    began = time.monotonic()
                    who = await self._connections.answer(client)
                    self.note(who, began=began, ended=time.monotonic())
            await asyncio.sleep(PAUSE)


@asynccontextmanager
async def watched(connections: GatewayConnections, *, old: str, new: str) -> AsyncIterator[Watch]:
    """Watches for the length of the block."""
    watch = Watch(connections, old=old, new=new)
    async with AsyncExitStack() as stack:
        kept = [await stack.enter_async_context(client) for client in connections.clients()]
        tasks = [asyncio.create_task(watch.kept(client)) for client in kept]
        tasks.append(asyncio.create_task(watch.fresh()))
        try:
            yield watch
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
