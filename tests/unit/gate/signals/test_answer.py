"""What the status endpoint says of what it saw, and of what it did not see."""

from datetime import UTC, datetime

import pytest

from gate.alias.state import Served, Standing, first
from gate.signals.status import answer
from gate.signals.status.belt import Committed
from gate.signals.status.heads import Heads
from gate.signals.status.unseen import Unseen

SEEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SILENT = Unseen("the belt does not answer within 2 s")


def standing(belt: str = "blue", **heights: int) -> Standing:
    at = {int(chain.removeprefix("c")): height for chain, height in heights.items()}
    return Standing(belt=belt, identity=f"identity of {belt}", dial="127.0.0.1:1", heights=at)


def alone() -> Served:
    return first(standing(c1=100, c10=50), since="2026-01-01T00:00:00.000+00:00", move=1, certificate="c-1")


def said(committed: Committed | Unseen, heads: Heads, served: Served | None = None) -> answer.Json:
    return answer.serving(served or alone(), committed, heads, SEEN)


def test_all_is_seen() -> None:
    """Who serves, since when, by which certificate, and for each chain how far and how far behind."""
    assert said({1: 110, 10: 60}, {1: 112, 10: 60}) == {
        "belt": "blue",
        "since": "2026-01-01T00:00:00.000+00:00",
        "how": "promoted",
        "certificate": "c-1",
        "previous": None,
        "chains": {
            "1": {"committed": 110, "head": 112, "lag": 2},
            "10": {"committed": 60, "head": 60, "lag": 0},
        },
        "seen": "2026-01-02T03:04:05.000+00:00",
    }


def test_a_promotion_and_the_way_back() -> None:
    """The previous belt is the one that a rollback leads back to; a way back uses no certificate."""
    green = alone().promoted(standing("green"), left={}, since="later", move=2, certificate="c-2")
    back = green.rolled_back(green.behind[-1], since="last", move=3)
    names = ("belt", "how", "previous", "certificate")
    told = [tuple(said({}, {}, served)[name] for name in names) for served in (green, back)]
    assert told == [("green", "promoted", "blue", "c-2"), ("blue", "rolled back", None, None)]


def test_a_belt_that_is_silent() -> None:
    """The chains that it was promoted with are named, with the reason why nothing is known of them."""
    assert said(SILENT, {1: 7})["chains"] == {
        "1": {"committed": None, "head": 7, "lag": None, "unseen": {"committed": SILENT.reason}},
        "10": {
            "committed": None,
            "head": None,
            "lag": None,
            "unseen": {"committed": SILENT.reason, "head": answer.NO_RPC.reason},
        },
    }


def test_a_chain_that_the_belt_lacks() -> None:
    """A chain that the gateway watches is named also where the belt does not index it."""
    assert said({}, {7: 3})["chains"]["7"]["unseen"] == {"committed": answer.NOT_INDEXED.reason}


def test_a_chain_that_only_the_belt_knows() -> None:
    """What the belt says of itself is told, and that nobody else vouches for it."""
    chain = said({5: 9}, {})["chains"]["5"]
    assert (chain["committed"], chain["head"], chain["lag"]) == (9, None, None)


@pytest.mark.parametrize(("committed", "head", "lag"), [(5, 9, 4), (9, 9, 0), (9, 5, 0)])
def test_lag(committed: int, head: int, lag: int) -> None:
    """The blocks that the belt lacks; a provider that is behind it makes it no better than even."""
    assert said({1: committed}, {1: head})["chains"]["1"]["lag"] == lag
