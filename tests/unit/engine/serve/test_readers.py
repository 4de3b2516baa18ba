"""Whoever asks is known, for a while, in a place that does not grow."""

from typing import Any

import pytest

from belts.engine.serve import readers
from belts.engine.serve.readers import MOST, WINDOW, Readers

PROXIES = frozenset({"127.0.0.1"})


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += seconds


def scope(agent: str = "app/1", *, host: str = "10.0.0.7", **headers: str) -> dict[str, Any]:
    """A connection as the server tells of it."""
    named = {"user-agent": agent, **{key.replace("_", "-"): value for key, value in headers.items()}}
    return {
        "client": (host, 50_000),
        "headers": [(key.encode(), value.encode("latin-1")) for key, value in named.items()],
    }


def told(known: Readers) -> list[dict[str, Any]]:
    found: Any = known.as_json()
    listed: list[dict[str, Any]] = found["readers"]
    return listed


def test_a_client_that_asked() -> None:
    """It is told by address and name, how often it asked, and how long ago."""
    clock = Clock()
    known = Readers(PROXIES, clock)
    for _ in range(3):
        known.asked(scope())
    clock.passes(14)
    assert told(known) == [
        {"address": "10.0.0.7", "agent": "app/1", "asked": 3, "secondsAgo": 14.0, "sockets": 0}
    ]


def test_a_client_that_has_not_asked_of_late() -> None:
    """After ten minutes it reads no more."""
    clock = Clock()
    known = Readers(PROXIES, clock)
    known.asked(scope())
    clock.passes(WINDOW.total_seconds())
    assert len(told(known)) == 1
    clock.passes(0.1)
    assert told(known) == []


def test_an_open_socket() -> None:
    """It is a reader for as long as it is open, and for a while after."""
    clock = Clock()
    known = Readers(PROXIES, clock)
    reader = known.joined(scope())
    clock.passes(86_400)
    assert [(each["sockets"], each["secondsAgo"]) for each in told(known)] == [(1, None)]
    known.left(reader)
    clock.passes(60)
    assert [(each["sockets"], each["secondsAgo"]) for each in told(known)] == [(0, 60.0)]
    clock.passes(WINDOW.total_seconds())
    assert told(known) == []


@pytest.mark.parametrize("agent", ["belts-gate", "belts-host", "belts-status"])
def test_one_of_our_own(agent: str) -> None:
    """Who looks at a belt to judge or to tell of it does not read it."""
    known = Readers(PROXIES)
    known.asked(scope(agent))
    known.left(known.joined(scope(agent)))
    assert told(known) == []


def test_a_client_behind_a_proxy() -> None:
    """It is told by the address that our gateway names, and by the gateway's; its own word is none."""
    known = Readers(PROXIES)
    known.asked(scope(host="127.0.0.1", x_forwarded_for="board", x_belts_client="10.1.1.1"))
    known.asked(scope(host="10.2.2.2", x_forwarded_for="10.3.3.3", x_belts_client="10.3.3.3"))
    known.asked(scope(host="127.0.0.1"))
    known.asked(scope(host="2001:db8::7"))
    assert [each["address"] for each in told(known)] == [
        "10.1.1.1 through 127.0.0.1",
        "10.2.2.2",
        "127.0.0.1",
        "2001:db8::7",
    ]


def test_a_client_without_a_name() -> None:
    """It counts like every other."""
    known = Readers(PROXIES)
    known.asked({"client": None, "headers": []})
    assert [(each["address"], each["agent"]) for each in told(known)] == [("", "")]


def test_a_flood_of_names() -> None:
    """It takes no more memory than so much, hides nobody, and shows as somebody."""
    known = Readers(PROXIES)
    known.asked(scope("honest"))
    for number in range(3 * MOST):
        known.asked(scope(f"flood/{number}" + "x" * 10_000))
    listed = told(known)
    assert len(listed) == MOST + 1
    assert "honest" in {each["agent"] for each in listed}
    assert max(len(each["agent"]) for each in listed) <= 200
    (others,) = [each for each in listed if each["address"] == "others"]
    assert others["asked"] == 2 * MOST + 1


def test_room_after_a_flood() -> None:
    """Who has not asked for long makes room for who asks now; an open socket does not."""
    clock = Clock()
    known = Readers(PROXIES, clock)
    known.joined(scope("pinned"))
    for number in range(MOST - 1):
        known.asked(scope(f"flood/{number}"))
    clock.passes(WINDOW.total_seconds() + 1)
    known.asked(scope("late"))
    assert {each["agent"] for each in told(known)} == {"pinned", "late"}


def test_how_long_anything_is_known() -> None:
    """An engine that has just begun says so: whoever asked the one before it is not known."""
    clock = Clock()
    known = Readers(PROXIES, clock)
    clock.passes(5)
    found: Any = known.as_json()
    assert found["knownForSeconds"] == 5.0
    assert readers.WINDOW.total_seconds() == 600
