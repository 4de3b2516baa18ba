"""Who a client is, what is kept of it, and how often it may."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts import forwarded
from belts.engine.clients.accounts import MESSAGES, Account, Accounts
from belts.engine.clients.address import Client, client_of
from belts.engine.clients.bucket import Bucket
from belts.engine.clients.pace import POLLS, Pace, lightest
from belts.engine.clients.unread import Unread

GATEWAY = "127.0.0.1"
PROXIES = frozenset({GATEWAY})


def scope(peer: str = GATEWAY, **headers: str) -> dict[str, Any]:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"client": (peer, 1), "headers": pairs}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (scope(x_belts_client="10.0.0.7", x_belts_rate="5"), Client("10.0.0.7", 5)),
        (scope(x_belts_client="10.0.0.7"), Client("10.0.0.7")),
        (scope(x_belts_client="::ffff:10.0.0.7"), Client("10.0.0.7")),
        (scope(x_belts_client="2001:db8:1:2:3::4"), Client("2001:db8:1:2::/64")),
        (scope(x_belts_client="2001:db8:1:2:ffff::"), Client("2001:db8:1:2::/64")),
        (scope(), Client(GATEWAY)),
        (scope(x_belts_client="10.0.0.7, 10.0.0.8"), Client(GATEWAY)),
        (scope(x_belts_client="x" * 5_000), Client(GATEWAY)),
        (scope(x_belts_client="10.0.0.7", x_belts_rate="-1"), Client("10.0.0.7")),
        (scope(x_belts_client="10.0.0.7", x_belts_rate="9" * 50), Client("10.0.0.7")),
        (scope("10.1.1.1", x_belts_client="10.0.0.7", x_belts_rate="5"), Client("10.1.1.1")),
        (scope(x_forwarded_for="10.0.0.7"), Client(GATEWAY)),
        ({"client": None, "headers": []}, Client("")),
        ({"client": None, "headers": [(b"x-belts-client", b"10.0.0.7")]}, Client("")),
        (scope(forwarded.GATEWAY, x_belts_client="10.0.0.7", x_belts_rate="5"), Client("10.0.0.7", 5)),
        (scope(forwarded.GATEWAY), Client(forwarded.GATEWAY)),
    ],
)
def test_who_asks(asked: dict[str, Any], expected: Client) -> None:
    """The gateway's word counts and nobody else's; what is no address is none."""
    assert client_of(asked, PROXIES) == expected


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_whatever_is_said(said: bytes, rate: bytes) -> None:
    """There is always a client with a short name, and a rate that is a number."""
    asked = {"client": (GATEWAY, 1), "headers": [(b"x-belts-client", said), (b"x-belts-rate", rate)]}
    found = client_of(asked, PROXIES)
    assert 0 < len(found.name) < 64
    assert 0 <= found.rate <= 1_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_flood_of_addresses() -> None:
    """Accounts are bounded; who was there keeps its own, and there is room when others are forgotten."""
    clock = Clock()
    accounts = Accounts(clock, most=3)
    first = accounts.of(Client("a"))
    first.sockets = 1
    slow = accounts.of(Client("b"))
    slow.charge(5.0, clock.now)
    accounts.of(Client("c")).spends(1, clock.now)
    assert accounts.of(Client("d")) is accounts.of(Client("e"))
    clock.now = 30
    assert accounts.of(Client("d")) is not accounts.of(Client("others"))
    assert accounts.of(Client("a")) is first
    assert accounts.of(Client("b")) is slow
    assert len(accounts) == 3


def test_a_rate() -> None:
    """Two seconds' worth at once, then so many a second; another limit begins anew; the trusted have none."""
    account = Account(name="a")
    assert [account.spends(5, 0.0) for _ in range(11)] == [True] * 10 + [False]
    assert [account.spends(5, 1.0) for _ in range(6)] == [True] * 5 + [False]
    assert account.spends(1, 1.0)
    assert all(account.spends(0, 1.0) for _ in range(100))
    trusted = Account(name="t", trusted=True)
    assert all(trusted.spends(1, 0.0) for _ in range(100))


@given(st.lists(st.floats(0, 3), max_size=200), st.integers(1, 50))
def test_a_bucket_never_gives_more(steps: list[float], rate: int) -> None:
    """Whenever one comes: no more than the burst and what the time has filled in."""
    bucket, now, given_ = Bucket(rate, 2 * rate, 0.0), 0.0, 0
    for step in steps:
        now += step
        given_ += bucket.take(now)
        assert given_ <= 2 * rate + now * rate + 1e-6


def test_messages_are_read_later() -> None:
    """A flood of them is read at its pace."""
    account = Account(name="a")
    assert [account.reading(0.0, 500) for _ in range(300)] == [0.0] * 300
    assert account.reading(0.0, 500) == pytest.approx(1 / MESSAGES)
    assert account.reading(0.0, 500) == pytest.approx(2 / MESSAGES)
    of_many = Account(name="b")
    assert [of_many.reading(0.0, 5_000) for _ in range(3_000)] == [0.0] * 3_000
    assert of_many.reading(0.0, 5_000) == pytest.approx(0.1 / MESSAGES)


def test_polls_of_one_who_listens_to_much() -> None:
    """Its polls follow each other; those of who listens to little are due when they are."""
    pace, much, little = Pace(), Account(name="much"), Account(name="little")
    for _ in range(1_000):
        pace.joined(much)
    pace.joined(little)
    delays = [pace.delay(much, 0.0) for _ in range(1_000)]
    assert delays == pytest.approx([number * 2 / POLLS for number in range(1_000)])
    assert pace.delay(little, 0.0) == 0.0
    assert lightest([much, little]) is little
    pace.left(little, 0.0)
    much.next_poll = 0.0
    pace.delay(much, 10.0)
    assert pace.delay(much, 10.0) == pytest.approx(1 / POLLS)


def test_polls_that_nobody_waits_for() -> None:
    """What was booked for subscriptions that have ended is given back, as far as those are gone."""
    pace, page = Pace(), Account(name="page")
    for number in range(199):
        pace.joined(Account(name=str(number)))
    for _ in range(25):
        pace.joined(page)
    for _ in range(100):
        pace.delay(page, 0.0)
    assert page.next_poll == pytest.approx(80)
    for left in range(24, -1, -1):
        pace.left(page, 10.0)
        assert page.next_poll == pytest.approx(10 + left * (200 if left else 199) / POLLS, abs=0.1)
    pace.joined(page)
    assert pace.delay(page, 10.0) <= 0.1


def test_answers_that_nobody_reads() -> None:
    """When they are too many, who keeps much for long goes, and who reads stays."""
    clock, dropped = Clock(), list[str]()
    unread = Unread(100, clock)
    stuck, reads = Account(name="stuck"), Account(name="reads")
    one = unread.reading(stuck, lambda: dropped.append("one"))
    two = unread.reading(stuck, lambda: dropped.append("two"))
    honest = unread.reading(reads, lambda: dropped.append("honest"))
    unread.add(one, 40)
    unread.add(two, 20)
    clock.now = 5
    unread.add(honest, 40)
    assert not dropped
    clock.now = 6
    unread.read(honest, 30)
    unread.add(honest, 60)
    assert dropped == ["one"]
    assert (unread.bytes, stuck.unread, reads.unread) == (90, 20, 70)
    unread.end(honest)
    unread.end(two)
    assert (unread.bytes, stuck.unread, reads.unread) == (0, 0, 0)


async def test_operations_that_wait_for_room() -> None:
    """They begin in their order, no more at a time than may be; one that is given up takes nobody's place."""
    account, began, most = Account(name="one"), list[int](), 2

    async def operation(number: int, ended: asyncio.Event) -> None:
        await account.room(most)
        account.begin()
        began.append(number)
        await ended.wait()
        account.end()

    ends = [asyncio.Event() for _ in range(6)]
    tasks = [asyncio.create_task(operation(number, end)) for number, end in enumerate(ends)]
    await settled()
    assert began == [0, 1]
    tasks[2].cancel()
    ends[0].set()
    await settled()
    assert began == [0, 1, 3]
    account.end()  # of one that nobody here began: now 4 may begin, and in that very moment it is given up
    tasks[4].cancel()
    await settled()
    assert began == [0, 1, 3, 5]
    account.begin()
    for end in ends:
        end.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert account.operations == 0


async def settled() -> None:
    """Everybody who can go on has."""
    for _ in range(10):
        await asyncio.sleep(0)
