"""`gate move` is killed at each step of a promotion that turns out wrong: the belt is barred all the same."""

from threading import Thread

import pytest

from belts.runtimes.process.host import Host
from gate.alias.decide import refutation
from gate.alias.directory import Directory
from gate.certify import sealing
from gate.ledger import Author, Entry, Result, opened
from tests.deep import one_of_each
from tests.live.gate.alias.test_move import Place, once, place

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]
__all__ = ["place"]

MODULE = "tests.live.gate.alias.killed"
SIGKILL = -9
# A promotion, and the way back from it: each step of the second half, and how often it was done by then.
STEPS = [
    ("swap", 2),
    ("look", 1),
    ("note", 1),
    ("end", 1),
    ("begin", 2),
    ("arrive", 2),
    ("end", 2),
]


def spoil(place: Place) -> None:
    place.green.belt.execute("DELETE FROM \"Transfer\" WHERE id = '10-3'")


def booked(place: Place) -> tuple[Entry, ...]:
    here = Author(gateway="gateway", stack="gateway", who="ada")
    with opened(place.ledger, here, key=sealing.made(Host(place.hosts), "gateway")) as ledger:
        return tuple(reversed(ledger.moves()))


@pytest.mark.parametrize("killed", one_of_each(STEPS, name=lambda step: f"{step[0]}-{step[1]}"))
def test_killed_on_the_way_back(place: Place, killed: tuple[str, int]) -> None:
    """Whatever was the last step, the next update ends it: blue serves, and green is barred."""
    step, times = killed
    place.promoted()
    place.certify(place.green, place.blue)
    watching = Thread(target=once, args=(lambda: place.serves == "green", lambda: spoil(place)))
    watching.start()
    cut = place.move(place.green, place.blue, program=(MODULE, step, str(times)))
    watching.join()
    assert cut.returncode == SIGKILL, cut.stderr

    done = place.move(place.green, place.blue)
    assert done.returncode == 1
    assert place.serves == "blue"
    place.certify(place.green, place.blue)
    again = place.move(place.green, place.blue)
    assert (again.returncode, place.serves) == (1, "blue")
    assert "pulumi config set lift green-2" in again.stderr
    assert refutation.noted(Directory(place.gateway.alias, "gateway")) is None

    moves = booked(place)
    served = [(move.kind.value, move.belt) for move in moves if move.result is Result.SERVED]
    assert served == [("promotion", "blue"), ("promotion", "green"), ("rollback", "blue")]
    assert all(move.result is not None for move in moves)
    assert moves[1].look == "failed"


@pytest.mark.deep
def test_killed_and_taken_back(place: Place) -> None:
    """Nobody knows yet that green is wrong, and the operator wants blue: the way back waits for no look."""
    place.promoted()
    place.certify(place.green, place.blue)
    killed = place.move(place.green, place.blue, program=(MODULE, "arrive", "1"))
    assert killed.returncode == SIGKILL, killed.stderr
    spoil(place)
    back = place.move(place.blue, place.green)
    assert (back.returncode, place.serves) == (0, "blue"), back.stderr
    assert booked(place)[1].look == "could not tell"


def test_killed_and_well(place: Place) -> None:
    """The look that was missed is made by the next update: green is well, and stays."""
    place.promoted()
    place.certify(place.green, place.blue)
    killed = place.move(place.green, place.blue, program=(MODULE, "arrive", "1"))
    assert killed.returncode == SIGKILL, killed.stderr
    done = place.move(place.green, place.blue)
    assert (done.returncode, place.serves) == (0, "green"), done.stderr
    assert booked(place)[1].look == "passed"
