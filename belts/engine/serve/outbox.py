"""What waits to be sent to one socket, limited in messages and in bytes.

Of a live query only the latest answer waits.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable

from belts.refusal import Caught


class Full(Caught):
    """The client reads more slowly than messages are sent."""


class Outbox:
    """Messages in order; one with the key of a waiting message replaces that one."""

    def __init__(self, most: int, most_bytes: int, counted: Callable[[int], None] = lambda _: None) -> None:
        self.most = most
        self.most_bytes = most_bytes
        self.bytes = 0
        self._counted = counted
        self.waiting: OrderedDict[Hashable, bytes] = OrderedDict()
        self.changed = asyncio.Event()
        self._number = 0

    def put(self, message: bytes, key: Hashable = None) -> None:
        """Adds a message; never waits."""
        if key is None:
            self._number += 1
            key = self._number
        before = self.waiting.get(key)
        grown = len(message) - (0 if before is None else len(before))
        # A single message may exceed the limit if it is alone.
        if (before is None and len(self.waiting) >= self.most) or (
            self.bytes and self.bytes + grown > self.most_bytes
        ):
            raise Full
        self.waiting[key] = message
        self._count(grown)
        self.changed.set()

    def drop(self, key: Hashable) -> None:
        """Drops a message that is no longer wanted."""
        found = self.waiting.pop(key, None)
        if found is not None:
            self._count(-len(found))

    def _count(self, size: int) -> None:
        self.bytes += size
        self._counted(size)

    async def get(self) -> bytes:
        """The oldest message; it counts until `sent` is called."""
        while not self.waiting:
            self.changed.clear()
            await self.changed.wait()
        return self.waiting.popitem(last=False)[1]

    def sent(self, message: bytes) -> None:
        """Ends the count of a message that was sent."""
        self._count(-len(message))
