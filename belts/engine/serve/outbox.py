"""What waits to be sent to one socket, bounded in messages and in bytes.

Of a live query only the newest answer waits.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable

from belts.refusal import Caught


class Full(Caught):
    """The client reads more slowly than it is told things."""


class Outbox:
    """Messages in order; a message with a key that still waits replaces the one before it."""

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
        # A message that is larger than all may be is one alone.
        if (before is None and len(self.waiting) >= self.most) or (
            self.bytes and self.bytes + grown > self.most_bytes
        ):
            raise Full
        self.waiting[key] = message
        self._count(grown)
        self.changed.set()

    def drop(self, key: Hashable) -> None:
        """Forgets a message that nobody waits for any more."""
        found = self.waiting.pop(key, None)
        if found is not None:
            self._count(-len(found))

    def _count(self, size: int) -> None:
        self.bytes += size
        self._counted(size)

    async def get(self) -> bytes:
        """The oldest message; it counts until it is said to be sent."""
        while not self.waiting:
            self.changed.clear()
            await self.changed.wait()
        return self.waiting.popitem(last=False)[1]

    def sent(self, message: bytes) -> None:
        """It is the client's now."""
        self._count(-len(message))
