"""What each client has open, in progress and used recently: one account per address, limited in number.

Each limit here is on something that a single client could otherwise use up.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from belts.engine.clients.address import Client
from belts.engine.clients.bucket import Bucket

MOST = 10_000
"""The most accounts kept at a time; if all are in use, further clients share one."""
MEMORY_S = 30.0
"""How fast an address's past use is forgotten: to a third in this time."""
SLOW_S = 1.0
"""An address is slow from this many seconds on that others had to wait for it."""
MESSAGES, MESSAGES_AT_ONCE = 100.0, 300.0
"""Messages read of an address per second, and at once: further ones are read later."""
OPENINGS, OPENINGS_AT_ONCE = 100.0, 500.0
"""Sockets that an address may open per second, and at once: all reconnect at each promotion."""
SOCKETS_A_MESSAGE = 5.0
"""If an address may have more sockets than usual, one message per second is read for this many of them."""
BURST_S = 2.0
"""If an address's rate is limited, its burst is the rate times this many seconds."""
PLANS, PLANS_AT_ONCE = 0.05, 0.25
"""Seconds of the event loop that new texts of an address may take to plan per second, and at once."""
_PURGE_S = 1.0


class Taking(Protocol):
    """Something of a client that others may have to wait for."""

    def excess(self, now: float) -> float:
        """How long others have had to wait for it so far."""


@dataclass(kw_only=True, eq=False, slots=True)
class Account:
    """The account of one client."""

    name: str
    trusted: bool = False
    """Whether it has proved to be the admin or the gate: no limit here keeps it from a turn."""
    operations: int = 0
    """Unfinished requests and operations, including waiting ones."""
    sockets: int = 0
    idle: int = 0
    """Its sockets without any open operation."""
    unread: int = 0
    """Bytes of answers that it has not read."""
    held: int = 0
    """Bytes of its requests that are kept until they have ended."""
    turns: set[Taking] = field(default_factory=set)
    quick: int = 0
    """The number of recent turns that others hardly had to wait for, since the last one that they did."""
    next_poll: float = 0.0
    messages: Bucket | None = None
    frames: Bucket | None = None
    answers: Bucket | None = None
    openings: Bucket | None = None
    plans: Bucket | None = None
    rate: tuple[int, Bucket] | None = None
    _slow: float = 0.0
    _at: float = 0.0
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque)

    async def room(self, most: int) -> None:
        """Waits until fewer than `most` operations are in progress, in order of arrival."""
        while self.operations >= most and not self.trusted:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if waiter.done() and not waiter.cancelled():
                    self._wake()  # it was this one's turn, which is now the next one's
                raise

    def begin(self) -> None:
        """Counts one more operation in progress."""
        self.operations += 1

    def end(self) -> None:
        """Counts one operation as ended, and wakes the next waiter."""
        self.operations -= 1
        self._wake()

    def _wake(self) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def charge(self, seconds: float, now: float) -> None:
        """Adds to the time that others had to wait for this client."""
        self._slow = self._left(now) + seconds
        self._at = now

    def is_slow(self, now: float) -> bool:
        """Whether it used too much recently, including what is in progress."""
        if self.trusted or (not self._slow and not self.turns):
            return False
        return self.took(now) > SLOW_S

    def took(self, now: float) -> float:
        """For how many seconds others had to wait for it recently."""
        return self._left(now) + sum(turn.excess(now) for turn in self.turns)

    def spends(self, limit: int, now: float) -> bool:
        """Whether one more operation is within the limit per second."""
        if self.trusted or not limit:
            return True
        if self.rate is None or self.rate[0] != limit:
            self.rate = limit, Bucket(limit, max(1.0, limit * BURST_S), now)
        return self.rate[1].take(now)

    def reading(self, now: float, sockets: int) -> float:
        """In how many seconds to read the next message; `sockets` is how many it may have."""
        if self.trusted:
            return 0.0
        if self.messages is None:
            self.messages = _speech(now, sockets)
        return self.messages.delay(now)

    def hearing(self, now: float, sockets: int) -> float:
        """The same for frames that no application sees, counted apart so that neither uses up the other."""
        if self.trusted:
            return 0.0
        if self.frames is None:
            self.frames = _speech(now, sockets)
        return self.frames.delay(now)

    def opening(self, now: float) -> float:
        """In how many seconds its next socket is to be opened."""
        if self.trusted:
            return 0.0
        if self.openings is None:
            self.openings = Bucket(OPENINGS, OPENINGS_AT_ONCE, now)
        return self.openings.delay(now)

    def hearing_back(self, now: float) -> float:
        """In how many seconds to send an answer that took no turn: a refusal, or a known result."""
        if self.trusted:
            return 0.0
        if self.answers is None:
            self.answers = _speech(now, 0)
        return self.answers.delay(now)

    def planned(self, now: float) -> Bucket:
        """What its new texts may still take of the event loop."""
        if self.plans is None:
            self.plans = Bucket(PLANS, PLANS_AT_ONCE, now)
        return self.plans

    def forgotten(self, now: float) -> bool:
        """Whether a new account would be in the same state."""
        busy = self.operations or self.sockets or self.unread or self.held or self.turns
        rate = self.rate[1] if self.rate else None
        buckets = (rate, self.messages, self.frames, self.answers, self.openings, self.plans)
        full = all(each is None or each.full(now) for each in buckets)
        return not busy and full and self._left(now) < SLOW_S / 10 and self.next_poll <= now

    def _left(self, now: float) -> float:
        return self._slow * math.exp((self._at - now) / MEMORY_S) if self._slow else 0.0


def _speech(now: float, sockets: int) -> Bucket:
    rate = max(MESSAGES, sockets / SOCKETS_A_MESSAGE)
    return Bucket(rate, rate / MESSAGES * MESSAGES_AT_ONCE, now)


class Accounts:
    """The accounts of all clients of one engine, limited in number."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST) -> None:
        self.clock = clock
        self.trusted = Account(name="trusted", trusted=True)
        self._most = most
        self._known: dict[str, Account] = {}
        self._others = Account(name="others")
        self._purged = -_PURGE_S

    def of(self, client: Client) -> Account:
        """The account of a client."""
        found = self._known.get(client.name)
        if found is not None:
            return found
        if len(self._known) >= self._most:
            self._purge()
        if len(self._known) >= self._most:
            return self._others
        found = self._known[client.name] = Account(name=client.name)
        return found

    def __len__(self) -> int:
        return len(self._known)

    def _purge(self) -> None:
        """Removes accounts without any state; at most once a second, even in a flood of names."""
        now = self.clock()
        if now - self._purged < _PURGE_S:
            return
        self._purged = now
        self._known = {name: each for name, each in self._known.items() if not each.forgotten(now)}
