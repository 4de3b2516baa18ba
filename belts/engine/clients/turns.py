"""Whose turn it is at the database: a turn is the right to plan and to use one connection.

There are as many turns as connections. Some are reserved for clients that have proved their identity, so that
a belt under attack can still be observed, administered and proved; beyond those they count as one client. The
rest rotate among the waiting clients, one each. A client has one at a time at first, and one more for each
that was quick, so a burst from an unknown client leaves turns to the others. A client that was slow recently
(its statements ran long, or its requests took long to plan) shares a quarter of the turns with other slow
ones, and at most half of the processors. Turns that no other client wants are lent to slow clients, and
called back when one does.
"""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from types import TracebackType
from typing import Self

from belts.engine.clients.accounts import Account
from belts.engine.clients.line import Line
from belts.engine.errors import DatabaseError, EngineError

RESERVED = 2
"""Turns reserved for the admin, the gate, and the engine's health check."""
QUICK_S, QUICK = 0.05, 4.0
"""A turn is quick up to this time, or this multiple of the typical time, whichever is longer.

On an overloaded machine, everybody's turns take longer.
"""
KEPT_S, KEPT = 0.5, 10.0
"""A turn that was not lent may be taken back after this time, or this multiple of the typical time."""
WAITED_S = 1.0
"""And only if another client has waited this long: a client's first request need not be quick."""
LENT_S = 5.0
"""For this long after another client had to wait, little is lent to slow clients.

Being cut off is worse than waiting, and each cut makes the other client wait too. For this long after others'
last turn, no more is lent than leaves them half of the processors.
"""
SPARED = 4
"""One turn in this many is spared for quick clients: the cost of unknown ones cannot be predicted."""
FOLLOWS = 1.05
"""How fast the typical time is learned: slow turns are rare, and do not count for more."""
PLANNED = 4.0
"""Heavy planning takes the processor from all others: its seconds count this many times."""
RESTS = 9.0
"""After a slow client has planned, slow clients pause for this many times as long."""
ALONE_S = 2.0
"""No pause is made if no other client has had a turn for this long."""
LOOK_S = 0.02
"""How often, while clients wait, it is checked whether slow ones hold more than their share."""
WAITING = 2_000
"""When this many wait, further clients are refused at once."""


class Busy(EngineError):
    """The engine is too busy for this client."""

    status = 429


class Turn:
    """One turn; wait for it with `async with`."""

    __slots__ = (
        "_aside",
        "_began",
        "_cut",
        "_granted",
        "_queued",
        "_task",
        "_timer",
        "account",
        "lent",
        "line",
        "planned",
        "poll",
        "turns",
        "unknown",
    )

    def __init__(self, turns: "Turns", account: Account, *, poll: bool) -> None:
        self.turns = turns
        self.account = account
        self.poll = poll
        self.line: Line[Turn] | None = None
        """The line in which it waits, or has waited."""
        self.lent = False
        """Whether it is beyond the slow clients' own share."""
        self.unknown = False
        """Whether its client had not been quick before, and was not alone."""
        self.planned = 0.0
        """How many seconds of a processor its heavy planning took."""
        self._aside = 0.0
        """How many seconds it waited for its planning, behind that of others."""
        self._began = 0.0
        self._cut: EngineError | None = None
        self._granted: asyncio.Future[None] | None = None
        self._queued = 0.0
        self._task: asyncio.Task[object] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        if self.turns.fits(self):
            self.turns.begin(self)
        else:
            await self._wait()
        self._task = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(self.turns.deadline, self.cut, self.turns.late())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        task, self._task = self._task, None
        self.turns.end(self)
        if self._cut is None or task is None:
            return
        if task.uncancel():
            return  # somebody else ended it as well, for whom there are no words
        # The operation may have failed with its own error, such as that of a connection cut short.
        if kind is None or issubclass(kind, asyncio.CancelledError | Exception):
            raise self._cut from None

    async def _wait(self) -> None:
        self._granted = asyncio.get_running_loop().create_future()
        self.turns.queue(self)
        try:
            async with asyncio.timeout(self.turns.patience):
                await self._granted
        except BaseException as error:
            # The turn may be granted at the very moment in which it is given up.
            if self in self.turns.running:
                self.turns.end(self)
            else:
                self.turns.leave(self)
            if isinstance(error, TimeoutError):
                raise DatabaseError(
                    "no connection to the database became free in time", code="postgres-error"
                ) from None
            raise

    def grant(self, now: float) -> None:
        """Starts the turn."""
        self._began = now
        if self._granted is not None and not self._granted.done():
            self._granted.set_result(None)

    def charge(self, seconds: float) -> None:
        """Charges processor time for planning, even if the client no longer waits for it."""
        if self in self.turns.running:
            self.planned += seconds
        elif not self.account.trusted:
            self.account.charge(seconds * PLANNED, self.turns.clock())

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Marks the time of planning: only what is charged counts, not the wait behind other plans.

        Until the planning ends all of the time counts, so that a turn that waits very long can be taken back.
        """
        before, planned = self.turns.clock(), self.planned
        try:
            yield
        finally:
            if self.planned > planned:
                self._aside += self.turns.clock() - before

    def excess(self, now: float) -> float:
        """How long others have had to wait for it so far."""
        return max(0.0, now - self._began - self._aside - self.turns.quick) + self.planned * PLANNED

    def since(self) -> float:
        """When it began."""
        return self._began

    def queued(self, line: "Line[Turn]", now: float) -> None:
        """Records that it waits from now on."""
        self.line, self._queued = line, now

    def waits(self, now: float) -> float:
        """How long it has waited."""
        return now - self._queued

    def cut(self, why: EngineError) -> bool:
        """Ends what runs in it with this error; returns whether it did, once."""
        if self._task is None or self._cut is not None:
            return False
        self._cut = why
        return self._task.cancel()


class Turns:
    """All turns of one engine."""

    def __init__(
        self,
        connections: int,
        *,
        patience: float,
        deadline: float,
        clock: Callable[[], float] = time.monotonic,
        processors: int | None = None,
    ) -> None:
        self.most = connections
        self.kept = min(RESERVED, connections // 4)
        self.public = connections - self.kept
        half = (processors or len(os.sched_getaffinity(0))) // 2
        spared = self.public // SPARED
        self.slow = max(1, min(self.public // 4, half))
        self.lends = max(self.slow, min(self.public - spared, half))
        self.unknown = max(1, self.public - spared - self.slow)
        self.polls = max(1, self.public // 2)
        self.patience = patience
        self.deadline = deadline
        self.clock = clock
        self._typical = QUICK_S / QUICK
        self.running: set[Turn] = set()
        self._trusted = 0
        self._polls = 0
        self._unknown = 0
        self._line: Line[Turn] = Line()
        self._unknown_line: Line[Turn] = Line()
        self._poll_line: Line[Turn] = Line()
        self._slow_line: Line[Turn] = Line()
        self._lines = deque((self._line, self._unknown_line, self._poll_line))
        """The lines of clients that are not slow, served in rotation."""
        self._rest_until = 0.0
        self._other: Account | None = None
        self._others_at = -LENT_S
        self._lately: Account | None = None
        self._another_at = -LENT_S
        self._waited: Account | None = None
        self._waited_at = 0.0
        self._look: asyncio.Handle | None = None

    def turn(self, account: Account, *, poll: bool = False) -> Turn:
        """A turn of this client; polls, which no client waits for, get at most half of the public ones."""
        return Turn(self, account, poll=poll)

    def late(self) -> EngineError:
        """The error for an operation that took too long."""
        return DatabaseError(
            f"the operation took longer than {self.deadline:g} s and was ended", code="time-limit-exceeded"
        )

    @property
    def quick(self) -> float:
        """The time up to which a turn is quick at present."""
        return max(QUICK_S, self._typical * QUICK)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, (*self._lines, self._slow_line)))

    @property
    def _full(self) -> bool:
        """Whether all turns but the reserved ones are taken."""
        return len(self.running) - min(self._trusted, self.kept) >= self.public

    def fits(self, turn: Turn) -> bool:
        """Whether this turn may begin now."""
        account = turn.account
        if account.trusted:
            return len(self.running) < self.most
        if self._full or (turn.poll and self._polls >= self.polls):
            return False
        now = self.clock()
        return self._slow_may(now) if account.is_slow(now) else self._may(turn, now)

    def begin(self, turn: Turn) -> None:
        """Begins a turn."""
        now, account = self.clock(), turn.account
        if account.is_slow(now):
            turn.lent = len(self._slow_ones(now)) >= self.slow
        elif not account.trusted:
            self._other, self._others_at = account, now
            turn.unknown = not (account.quick or turn.poll or self._is_alone(account, now))
        if not account.trusted and account is not self._lately:
            if self._lately is not None:
                self._another_at = now
            self._lately = account
        self.running.add(turn)
        account.turns.add(turn)
        self._trusted += account.trusted
        self._polls += turn.poll and not account.trusted
        self._unknown += turn.unknown
        turn.grant(now)

    def end(self, turn: Turn) -> None:
        """Ends a turn, and lets the next ones begin."""
        now, account = self.clock(), turn.account
        if turn.planned and account.is_slow(now):
            self._rest_until = max(self._rest_until, now + turn.planned * RESTS)
        self.running.discard(turn)
        account.turns.discard(turn)
        self._trusted -= account.trusted
        self._polls -= turn.poll and not account.trusted
        self._unknown -= turn.unknown
        excess = turn.excess(now)
        if excess and not account.trusted:
            account.charge(excess, now)
        account.quick = 0 if account.is_slow(now) else account.quick + (not excess)
        self._typical *= FOLLOWS if now - turn.since() > self._typical else 1 / FOLLOWS
        if self._look is not None:
            self._next(now)

    def queue(self, turn: Turn) -> None:
        """Makes it wait behind its client's other turns, and its client behind the others."""
        now, account = self.clock(), turn.account
        if self.waiting >= WAITING and not account.trusted:
            raise Busy("the engine is busy: too many operations wait", code="operation-limit-exceeded")
        line = self._slow_line if account.is_slow(now) else self._line_of(turn)
        if _has_earned(account) and (self._full or not turn.poll):
            self._had_to_wait(account, now)
        turn.queued(line, now)
        line.add(account, turn)
        if self._look is None:
            self._look = asyncio.get_running_loop().call_soon(self._press)

    def leave(self, turn: Turn) -> None:
        """Removes a waiting turn."""
        if turn.line is not None:
            turn.line.remove(turn.account, turn)

    def _next(self, now: float) -> None:
        """Begins every turn that may begin."""
        while len(self.running) < self.most and (turn := self._first(now)) is not None:
            self.begin(turn)

    def _first(self, now: float) -> Turn | None:
        """The next turn: the trusted within its reserve, then clients and polls in rotation, then slow."""
        trusted = self._line.trusted
        # With too few turns for a reserve, the trusted come first, one at a time.
        if trusted is not None and self._trusted < max(1, self.kept):
            return self._line.take(trusted)
        if self._full:
            return None
        for line in tuple(self._lines):
            self._sort_out(line, now)
            if (account := self._next_of(line, now)) is not None:
                self._lines.remove(line)
                self._lines.append(line)
                return line.take(account)
        return self._slow_line.take() if self._slow_line and self._slow_may(now) else None

    def _next_of(self, line: "Line[Turn]", now: float) -> Account | None:
        """The first client in a line that may begin; those that may not have turns already, and are few."""
        if not line or (line is self._poll_line and self._polls >= self.polls):
            return None
        if line is self._unknown_line and self._unknown >= self.unknown:
            one = self._lately
            return one if one is not None and one in line and self._is_alone(one, now) else None
        may = (each for each in line.clients() if _has_earned(each) or self._is_alone(each, now))
        return next(may, None)

    def _line_of(self, turn: Turn) -> "Line[Turn]":
        if turn.account.trusted:
            return self._line
        if turn.poll:
            return self._poll_line
        return self._line if turn.account.quick else self._unknown_line

    def _sort_out(self, line: "Line[Turn]", now: float) -> None:
        """Moves clients at the head that became slow meanwhile to the line of slow ones."""
        while line and line.head.is_slow(now):
            for turn in line.leave(line.head):
                turn.line = self._slow_line
                self._slow_line.add(turn.account, turn)

    def _may(self, turn: Turn, now: float) -> bool:
        """Whether a client that is not slow may begin, given a free turn; polls have a share of their own."""
        account = turn.account
        if (account.quick or turn.poll or self._unknown < self.unknown) and _has_earned(account):
            return True
        return self._is_alone(account, now)

    def _is_alone(self, account: Account, now: float) -> bool:
        """Whether no other client has had a turn recently, or wants one."""
        if self._lately is not account and self._lately is not None:
            return False
        others = self._waited is not account and self._wanted(now)
        return now - self._another_at >= LENT_S and not others

    def _slow_may(self, now: float) -> bool:
        """Whether a slow client may begin: always within their share, beyond it while no other wants it."""
        since = now - self._others_at
        if now < self._rest_until and since < ALONE_S:
            return False
        alone = since >= LENT_S or self._other is None or self._other.is_slow(now)
        running = len(self._slow_ones(now))
        return running < self.slow or (not self._wanted(now) and (alone or running < self.lends))

    def _slow_ones(self, now: float) -> list[Turn]:
        return [turn for turn in self.running if turn.account.is_slow(now)]

    def _had_to_wait(self, account: Account, now: float) -> None:
        if not account.is_slow(now):
            self._waited, self._waited_at = account, now

    def _wanted(self, now: float) -> bool:
        """Whether a client that is not slow by now had to wait recently."""
        waited = self._waited
        return waited is not None and now - self._waited_at < LENT_S and not waited.is_slow(now)

    def _press(self) -> None:
        """While others wait, takes back what slow clients hold beyond their share."""
        now = self.clock()
        self._look = None
        self._next(now)
        self._take_back(now)
        if self.waiting:
            self._look = asyncio.get_running_loop().call_later(LOOK_S, self._press)

    def _take_back(self, now: float) -> None:
        """Takes back one turn per waiting client: lent ones at once, others after it has waited."""
        others = tuple(islice(self._others(now), self.most))
        if others:
            self._had_to_wait(others[0].account, now)
        lent = [turn for turn in self.running if turn.lent]
        since = now - max(KEPT_S, self._typical * KEPT)
        # A client with a single turn that is not slow yet keeps it.
        kept = [
            turn
            for turn in self.running
            if not turn.lent and not turn.account.trusted and turn.since() <= since
            if turn.account.is_slow(now) or len(turn.account.turns) > 1
        ]
        long = sum(turn.waits(now) >= WAITED_S for turn in others)
        for turns, most in (lent, len(others)), (kept, min(len(kept) - self.slow, long)):
            turns.sort(key=lambda turn: -turn.account.took(now))
            for turn in turns[: max(0, most)]:
                turn.cut(cut_short())

    def _others(self, now: float) -> Iterator[Turn]:
        """For each waiting client that is not slow, its turn that has waited longest."""
        polls = self._poll_line.firsts() if self._polls < self.polls else ()
        return (
            turn
            for turn in chain(self._line.firsts(), self._unknown_line.firsts(), polls)
            if not turn.account.is_slow(now) and _has_earned(turn.account)
        )


def _has_earned(account: Account) -> bool:
    """Whether a client has been quick often enough for one more turn."""
    return account.trusted or len(account.turns) <= account.quick


def cut_short() -> EngineError:
    """The error for a slow client's operation that is ended because others wait."""
    return DatabaseError(
        "others waited for what this client's operations have kept for long: this one was ended",
        code="time-limit-exceeded",
    )
