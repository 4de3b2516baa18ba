"""What a writer was seen to do at its moves, and when it is used no more."""

from datetime import timedelta

import pytest

from gate.alias.decide import measures
from gate.alias.decide.measures import Measure
from gate.alias.move.arrival import UNNAMED, Foreign, GatewayConnections
from gate.alias.move.consumers_view import Watch
from gate.alias.store import AliasRefused
from gate.policy.alias import AliasPolicy
from gate.secret import Address
from tests.unit.gate.core.elsewhere import Memory

POLICY = AliasPolicy(longest_mixed=timedelta(seconds=2), most_failed=1)


def measure(writer: str = "w", mixed: float | None = 0.0, failed: int = 0) -> Measure:
    span = None if mixed is None else timedelta(seconds=mixed)
    return Measure(writer=writer, belt="green", since="then", asked=50, failed=failed, mixed=span)


@pytest.mark.parametrize(
    ("seen", "worse"),
    [
        (measure(), False),
        (measure(mixed=2), False),
        (measure(mixed=2.01), True),
        (measure(failed=1), False),
        (measure(failed=2), True),
        (measure(mixed=None), False),
        (measure(mixed=None, failed=2), True),
        (measure(writer="another", mixed=99), False),
    ],
)
def test_a_writer_that_was_seen(seen: Measure, *, worse: bool) -> None:
    """Worse than the policy allows at one of its moves, however good the next one was; another is another."""
    store = Memory(gateway="gateway")
    measures.note(store, seen)
    measures.note(store, measure())
    refused = measures.worse(store, "w", POLICY)
    assert (refused is not None) is worse
    assert measures.noted(store) == (seen, measure())


def test_the_last_of_them() -> None:
    """So many are remembered that a writer is not held to what it did years ago."""
    store = Memory(gateway="gateway")
    measures.note(store, measure(mixed=9))
    for _ in range(measures.KEPT):
        measures.note(store, measure())
    assert measures.worse(store, "w", POLICY) is None
    assert len(measures.noted(store)) == measures.KEPT


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 2, "moves": []}', '{"version": 1, "moves": [1]}'])
def test_what_nobody_here_wrote(text: str) -> None:
    """Refused: a writer of which that was the record would pass."""
    store = Memory(gateway="gateway", texts={measures.NAME: text})
    with pytest.raises(AliasRefused, match=r"measures\.json"):
        measures.worse(store, "w", POLICY)


def watch() -> Watch:
    url = Address("http://127.0.0.1:1/v1/graphql")
    connections = GatewayConnections(url=url, held=(), foreign=Foreign(writer="w", known={}))
    return Watch(connections, old="blue", new="green")


def test_both_answered() -> None:
    """From the first answer of the new belt to the last question that the old one still answered."""
    seen = watch()
    for who, began, ended in (
        ("blue", 0, 1),
        ("green", 2, 3),
        ("blue", 5, 6),
        ("green", 7, 8),
        ("blue", 4, 9),
    ):
        seen.note(who, began=began, ended=ended)
    assert seen.seen.mixed == timedelta(seconds=2)
    assert (seen.seen.asked, seen.seen.failed) == (5, 0)


def test_one_swap() -> None:
    """What the old belt was asked before the new one answered is no mixture, however late it came."""
    seen = watch()
    for who, began, ended in (("blue", 0, 9), ("green", 1, 2), ("green", 3, 4)):
        seen.note(who, began=began, ended=ended)
    assert seen.seen.mixed == timedelta()


def test_a_dead_belt_is_left() -> None:
    """What failed before anybody was answered is not the writer's doing; what failed afterwards is."""
    seen = watch()
    for who in ("status 502", "no answer (ConnectError)", "green", "status 502"):
        seen.note(who, began=0, ended=1)
    assert (seen.seen.asked, seen.seen.failed) == (2, 1)


def test_answers_that_name_no_belt() -> None:
    """Nobody can tell, and that is said."""
    seen = watch()
    for who in ("blue", UNNAMED, "status 502"):
        seen.note(who, began=0, ended=1)
    assert (seen.seen.mixed, seen.seen.failed) == (None, 1)
    assert "nobody can tell for how long both belts answered, 1 of 3 requests failed" in seen.seen.words
