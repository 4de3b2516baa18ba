"""Polls are shared, told apart, and end with the last who listens."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from belts.engine.clients.accounts import Account
from belts.engine.clients.pace import Pace
from belts.engine.clients.turns import Turns
from belts.engine.errors import DatabaseError
from belts.engine.plan.prepared import Cursor, Part
from belts.engine.serve.live import LiveQueries, Subscriber
from belts.engine.serve.streams import Streams

INTERVAL = timedelta(milliseconds=5)
SQL = "SELECT 1"


class Answers:
    """A database that answers one known statement from a function and counts how often it is asked."""

    def __init__(self, answer: Callable[[Sequence[str | None]], Any]) -> None:
        self.answer = answer
        self.asked = 0

    async def row(self, sql: str, arguments: Sequence[str | None]) -> Any:
        assert sql == SQL
        self.asked += 1
        await asyncio.sleep(0)
        return self.answer(arguments)

    async def polled(self, times: int = 8) -> None:
        """Comes back when it has been asked so many more times."""
        wanted = self.asked + times
        for _ in range(2_000):
            if self.asked >= wanted:
                return
            await asyncio.sleep(INTERVAL.total_seconds())
        raise AssertionError(f"asked {self.asked} times, not {wanted}")


def listener(heard: list[bytes]) -> Subscriber:
    return Subscriber(label=b'"a":', send=heard.append, account=Account(name="trusted", trusted=True))


def turns() -> Turns:
    return Turns(10, patience=5, deadline=5)


def live(database: Answers) -> LiveQueries:
    return LiveQueries(database, INTERVAL, turns(), Pace())  # type: ignore[arg-type]


async def test_subscribers_of_the_same() -> None:
    """A thousand of them are one poll; each hears the answer once, and again when it changes."""
    current = [b"1"]
    database = Answers(lambda _: (current[0],))
    queries = live(database)
    heard: list[bytes] = []
    crowd = [listener(heard) for _ in range(1_000)]
    for one in crowd:
        queries.join(one, SQL, ("x",))
    await database.polled()
    assert heard == [b'{"data":{"a":1}}'] * 1_000
    assert database.asked <= 30
    current[0] = b"2"
    await database.polled()
    assert heard[1_000:] == [b'{"data":{"a":2}}'] * 1_000
    for one in crowd:
        queries.leave(one)
    assert queries.cohorts == {}
    asked = database.asked
    await asyncio.sleep(0.05)
    assert database.asked == asked


async def test_subscribers_of_different_values() -> None:
    """They do not hear each other's answers."""
    database = Answers(lambda arguments: (str(arguments[0]).encode(),))
    queries = live(database)
    first: list[bytes] = []
    second: list[bytes] = []
    queries.join(listener(first), SQL, ("1",))
    queries.join(listener(second), SQL, ("2",))
    await database.polled()
    assert (first, second) == ([b'{"data":{"a":1}}'], [b'{"data":{"a":2}}'])


async def test_one_who_comes_late() -> None:
    """The last answer is there at once."""
    database = Answers(lambda _: (b"1",))
    queries = live(database)
    early: list[bytes] = []
    queries.join(listener(early), SQL, ())
    await database.polled()
    late: list[bytes] = []
    queries.join(listener(late), SQL, ())
    assert late == [b'{"data":{"a":1}}']


async def test_a_long_answer() -> None:
    """It is not kept: told when it changes, and to who comes late with the next poll, once."""
    current = [b"1" * 100_000]
    database = Answers(lambda _: (current[0],))
    queries = live(database)
    early: list[bytes] = []
    late: list[bytes] = []
    queries.join(listener(early), SQL, ())
    await database.polled()
    queries.join(listener(late), SQL, ())
    (cohort,) = queries.cohorts.values()
    assert (cohort.last, len(cohort.told or b"")) == (None, 64)
    await database.polled()
    await database.polled()
    assert early == late == [b'{"data":{"a":' + current[0] + b"}}"]
    current[0] = b"2" * 100_000
    await database.polled()
    assert len(early) == len(late) == 2


async def test_a_database_that_fails_for_a_while() -> None:
    """The failure is told once, and the answer again when there is one, even if it is the old one."""
    failing = [False]

    def answer(_: object) -> Any:
        if failing[0]:
            raise DatabaseError("connection error", code="postgres-error")
        return (b"1",)

    database = Answers(answer)
    queries = live(database)
    heard: list[bytes] = []
    queries.join(listener(heard), SQL, ())
    await database.polled()
    failing[0] = True
    await database.polled()
    failing[0] = False
    await database.polled()
    assert len(heard) == 3
    assert b"connection error" in heard[1]
    assert heard[0] == heard[2] == b'{"data":{"a":1}}'


async def test_a_first_answer() -> None:
    """It comes at once, however many polls are booked for its client; those after it keep the pace."""
    database = Answers(lambda _: (b"1", None))
    of, heard = turns(), list[bytes]()
    for kind in LiveQueries, Streams:
        joined = kind(database, INTERVAL, of, Pace())  # type: ignore[arg-type]
        account = Account(name="a", next_poll=of.clock() + 1_000)
        subscriber = Subscriber(label=b"", send=heard.append, account=account)
        before = database.asked
        if isinstance(joined, LiveQueries):
            joined.join(subscriber, SQL, ())
        else:
            joined.join(subscriber, PART)
        await database.polled(1)
        await asyncio.sleep(10 * INTERVAL.total_seconds())
        assert database.asked == before + 1
        joined.leave(subscriber)
    assert len(heard) == 1


@pytest.mark.parametrize("kind", [LiveQueries, Streams])
async def test_a_poll_that_fails_in_a_way_nobody_foresaw(
    kind: type[LiveQueries | Streams], caplog: pytest.LogCaptureFixture
) -> None:
    """Those who listen are told, the log has it, and the poll goes on."""
    failing = [True]

    def answer(_: object) -> Any:
        if failing[0]:
            raise BufferError("secret")
        return (b"[1]", "1")

    database, heard = Answers(answer), list[bytes]()
    joined = kind(database, INTERVAL, turns(), Pace())  # type: ignore[arg-type]
    one = listener(heard)
    if isinstance(joined, LiveQueries):
        joined.join(one, SQL, ())
    else:
        joined.join(one, PART)
    await database.polled()
    failing[0] = False
    await database.polled()
    joined.leave(one)
    told = [json.loads(each) for each in heard[:2]]
    assert told[0]["errors"][0]["message"] == "internal error"
    assert list(told[1]["data"].values()) == [[1]]
    assert caplog.text.count("BufferError: secret") == 1


def streaming(database: Answers) -> Streams:
    return Streams(database, INTERVAL, turns(), Pace())  # type: ignore[arg-type]


PART = Part(label=b'"s":', sql=SQL, arguments=("0",), stream=Cursor("0", 0))


async def test_a_stream_moves_on() -> None:
    """Each batch begins where the one before ended; those at one place share a poll and move together."""
    rows = list(range(1, 8))

    def answer(arguments: Sequence[str | None]) -> Any:
        batch = [row for row in rows if row > int(arguments[0] or 0)][:3]
        return (str(batch).encode(), str(batch[-1]) if batch else None)

    database = Answers(answer)
    streams = streaming(database)
    first: list[bytes] = []
    second: list[bytes] = []
    one, other = listener(first), listener(second)
    streams.join(one, PART)
    streams.join(other, PART)
    await database.polled()
    expected = [b'{"data":{"s":[1, 2, 3]}}', b'{"data":{"s":[4, 5, 6]}}', b'{"data":{"s":[7]}}']
    assert first == second == expected
    assert len(streams.groups) == 1
    rows.append(8)
    await database.polled()
    assert first[3:] == second[3:] == [b'{"data":{"s":[8]}}']
    streams.leave(one)
    streams.leave(other)
    assert streams.groups == {}
