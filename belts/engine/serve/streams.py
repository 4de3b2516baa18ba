"""`T_stream`: subscribers at the same cursor share one poll, and advance together."""

import asyncio
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from belts.engine.clients.pace import Pace, lightest
from belts.engine.clients.turns import Turns
from belts.engine.plan.prepared import Part
from belts.engine.postgres.database import Database
from belts.engine.serve.execute import answer
from belts.engine.serve.live import Subscriber, failure

EMPTY = b"[]"


@dataclass(kw_only=True, eq=False, slots=True)
class Course:
    """One subscriber's stream: its statement, and the place of the cursor in its arguments."""

    subscriber: Subscriber
    part: Part
    place: int

    def at(self, cursor: str) -> tuple[str | None, ...]:
        """The arguments with this cursor."""
        arguments = self.part.arguments
        return (*arguments[: self.place], cursor, *arguments[self.place + 1 :])


@dataclass(kw_only=True, eq=False, slots=True)
class _Group:
    key: Hashable
    courses: set[Course] = field(default_factory=set)
    task: asyncio.Task[None] | None = None


class Streams:
    """Every stream, by statement, values and cursor."""

    def __init__(self, database: Database, interval: timedelta, turns: Turns, pace: Pace) -> None:
        self.database = database
        self.interval = interval.total_seconds()
        self.turns = turns
        self.pace = pace
        self.groups: dict[Hashable, _Group] = {}
        self.polls = 0
        self._where: dict[Subscriber, tuple[_Group, Course]] = {}

    def join(self, subscriber: Subscriber, part: Part) -> None:
        """Starts a stream at its initial value, or where its subscriber is already."""
        if part.stream is None:
            raise TypeError(part.sql)
        course = Course(subscriber=subscriber, part=part, place=part.stream.place)
        self.pace.joined(subscriber.account)
        before = subscriber.cursor
        self._enter(course, part.stream.initial if before is None else before, wait=False)

    def leave(self, subscriber: Subscriber) -> None:
        """Ends a stream, and with the last subscriber the poll."""
        found = self._where.pop(subscriber, None)
        if found is None:
            return
        self.pace.left(subscriber.account, self.turns.clock())
        group, course = found
        group.courses.discard(course)
        if not group.courses and self.groups.get(group.key) is group:
            del self.groups[group.key]
            if group.task is not None:
                group.task.cancel()

    def _enter(self, course: Course, cursor: str, *, wait: bool) -> None:
        course.subscriber.cursor = cursor
        arguments = course.at(cursor)
        key = (course.part.sql, arguments)
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = _Group(key=key)
            group.task = asyncio.create_task(self._follow(group, course.part.sql, arguments, wait=wait))
        group.courses.add(course)
        self._where[course.subscriber] = (group, course)

    async def _follow(self, group: _Group, sql: str, arguments: Sequence[str | None], *, wait: bool) -> None:
        """Polls until there is a batch; then all subscribers advance to its end."""
        told: bytes | None = None
        first = not wait
        if wait:
            await asyncio.sleep(self.interval)
        while group.courses:
            account = lightest(course.subscriber.account for course in group.courses)
            # As with live queries, the first poll is not delayed.
            if not first and (delay := self.pace.delay(account, self.turns.clock())):
                await asyncio.sleep(delay)
            first = False
            try:
                async with self.turns.turn(account, poll=True):
                    self.polls += 1
                    row = await self.database.row(sql, arguments)
                batch = answer(row)
            except Exception as error:  # noqa: BLE001 -- others listen to this as well, and it goes on
                failed = failure(error, told)
                if failed != told:
                    told = failed
                    for course in tuple(group.courses):
                        course.subscriber.send(failed)
            else:
                if row is not None and batch != EMPTY and row[1] is not None:
                    self._advance(group, batch, row[1])
                    return
            await asyncio.sleep(self.interval)

    def _advance(self, group: _Group, batch: bytes, cursor: str) -> None:
        courses = tuple(group.courses)
        del self.groups[group.key]
        for course in courses:
            course.subscriber.send(b'{"data":{' + course.part.label + batch + b"}}")
        for course in courses:
            # Sending may have ended the subscription.
            if self._where.get(course.subscriber, (None, None))[1] is course:
                self._enter(course, cursor, wait=True)
