"""Live queries: subscribers of the same query share one poll, and are notified when the answer changes."""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import timedelta

import orjson

from belts.engine.clients.accounts import Account
from belts.engine.clients.pace import Pace, lightest
from belts.engine.clients.turns import Turns
from belts.engine.errors import EngineError
from belts.engine.postgres.database import Database
from belts.engine.serve.execute import answer

SHORT = 16_384
"""An answer up to this many bytes is kept for later subscribers, without their label."""
AT_ONCE = 50
"""Subscribers that are notified in one go."""
_LOG = logging.getLogger("belts.engine")

Arguments = tuple[str | None, ...]


@dataclass(kw_only=True, eq=False, slots=True)
class Subscriber:
    """One subscriber: `send` accepts a payload at once and never waits."""

    label: bytes
    send: Callable[[bytes], None]
    account: Account
    cursor: str | None = None
    cohort: "Cohort | None" = None


def errors_payload(error: EngineError) -> bytes:
    """An error where a subscriber waits for data."""
    return orjson.dumps({"errors": [error.as_graphql()]})


def failure(error: Exception, told: bytes | None) -> bytes:
    """The payload for subscribers after an error; logs an unforeseen one, once."""
    if isinstance(error, EngineError):
        return errors_payload(error)
    payload = errors_payload(EngineError("internal error", code="unexpected"))
    if payload != told:
        _LOG.error("a poll failed in a way nobody foresaw", exc_info=error)
    return payload


@dataclass(kw_only=True, eq=False, slots=True)
class Cohort:
    """Subscribers of one statement with the same values, and the task that polls for them."""

    key: Hashable
    sql: str
    arguments: Arguments
    subscribers: set[Subscriber] = field(default_factory=set)
    last: bytes | None = None
    """The latest short answer; of a longer one only the digest is kept."""
    told: bytes | None = None
    late: set[Subscriber] = field(default_factory=set)
    """Subscribers that joined since and have received nothing yet."""
    failed: bool = False
    task: asyncio.Task[None] | None = None


class LiveQueries:
    """Every cohort of live queries, each with one poll however many subscribe."""

    def __init__(self, database: Database, interval: timedelta, turns: Turns, pace: Pace) -> None:
        self.database = database
        self.interval = interval.total_seconds()
        self.turns = turns
        self.pace = pace
        self.cohorts: dict[Hashable, Cohort] = {}
        self.polls = 0

    def join(self, subscriber: Subscriber, sql: str, arguments: Arguments) -> None:
        """Adds a subscriber; if others are there already, it receives their latest answer at once."""
        key = (sql, arguments)
        cohort = self.cohorts.get(key)
        if cohort is None:
            cohort = self.cohorts[key] = Cohort(key=key, sql=sql, arguments=arguments)
            cohort.task = asyncio.create_task(self._poll(cohort))
        cohort.subscribers.add(subscriber)
        subscriber.cohort = cohort
        self.pace.joined(subscriber.account)
        if cohort.last is not None:
            subscriber.send(_payload(cohort, cohort.last, subscriber))
        elif cohort.told is not None:
            cohort.late.add(subscriber)

    def leave(self, subscriber: Subscriber) -> None:
        """Removes a subscriber, and with the last one the poll."""
        cohort = subscriber.cohort
        if cohort is None:
            return
        subscriber.cohort = None
        cohort.subscribers.discard(subscriber)
        cohort.late.discard(subscriber)
        self.pace.left(subscriber.account, self.turns.clock())
        if not cohort.subscribers and self.cohorts.get(cohort.key) is cohort:
            del self.cohorts[cohort.key]
            if cohort.task is not None:
                cohort.task.cancel()

    async def _poll(self, cohort: Cohort) -> None:
        first = True
        while cohort.subscribers:
            failed = False
            account = lightest(subscriber.account for subscriber in cohort.subscribers)
            # The first poll is not delayed: there is at most one for each message read.
            if not first and (delay := self.pace.delay(account, self.turns.clock())):
                await asyncio.sleep(delay)
            first = False
            try:
                async with self.turns.turn(account, poll=True):
                    self.polls += 1
                    row = await self.database.row(cohort.sql, cohort.arguments)
                found = answer(row)
            except Exception as error:  # noqa: BLE001 -- others listen to this as well, and it goes on
                found, failed = failure(error, cohort.last), True
            await self._tell(cohort, found, failed=failed)
            await asyncio.sleep(self.interval)

    async def _tell(self, cohort: Cohort, found: bytes, *, failed: bool) -> None:
        """Sends a changed answer to all, and an unchanged one to those that joined since.

        It pauses between batches: there may be thousands of subscribers, and others must be answered
        meanwhile.
        """
        told = found if len(found) <= SHORT else hashlib.blake2b(found).digest()
        changed = told != cohort.told or failed != cohort.failed
        cohort.told, cohort.failed = told, failed
        cohort.last = found if len(found) <= SHORT else None
        listeners = tuple(cohort.subscribers if changed else cohort.late)
        cohort.late.clear()
        for number, subscriber in enumerate(listeners, 1):
            if subscriber.cohort is cohort:  # it may have left meanwhile
                subscriber.send(_payload(cohort, found, subscriber))
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)


def _payload(cohort: Cohort, found: bytes, subscriber: Subscriber) -> bytes:
    return found if cohort.failed else b'{"data":{' + subscriber.label + found + b"}}"
