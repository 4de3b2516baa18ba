"""What waits to be sent to one socket; of a live query only the newest answer waits."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable

from belts.refusal import Caught


class Full(Caught):
    """The client reads more slowly than it is told things."""


class Outbox:
    """Messages in order; a message with a key that still waits replaces the one before it."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.waiting: OrderedDict[Hashable, bytes] = OrderedDict()
        self.changed = asyncio.Event()
        self._number = 0

    def put(self, message: bytes, key: Hashable = None) -> None:
        """Adds a message; never waits."""
        if key is None:
            self._number += 1
            key = self._number
        if key not in self.waiting and len(self.waiting) >= self.most:
            raise Full
        self.waiting[key] = message
        self.changed.set()

    def drop(self, key: Hashable) -> None:
        """Forgets a message that nobody waits for any more."""
        self.waiting.pop(key, None)

    async def get(self) -> bytes:
        """The oldest message."""
        while not self.waiting:
            self.changed.clear()
            await self.changed.wait()
        return self.waiting.popitem(last=False)[1]
