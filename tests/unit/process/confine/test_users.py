"""Numbers for belts: nobody else's, bound to a place, given back with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from belts.runtimes.process.confine import users


@pytest.fixture(autouse=True)
def _own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "TAKEN", tmp_path / "users")
    monkeypatch.setattr(users, "RANGES", (range(70_000_000, 70_000_003),))
    monkeypatch.setattr(users, "MAPS", (_map(tmp_path, "0 0 4294967295"),))
    monkeypatch.setattr(users, "DELEGATED", ())
    monkeypatch.setattr(users, "_processes", lambda: iter(()))


def _map(at: Path, line: str) -> Path:
    (at / "map").write_text(f"{line}\n")
    return at / "map"


def home(at: Path, name: str) -> Path:
    place = at / name
    place.mkdir(exist_ok=True)
    return place


def test_each_belt_has_its_own(tmp_path: Path) -> None:
    """The same again for the same place, and none for the one that finds all taken."""
    belts = [home(tmp_path, name) for name in ("blue", "green", "red")]
    numbers = [users.take(belt) for belt in belts]
    assert len(set(numbers)) == 3
    assert [users.take(belt) for belt in belts] == numbers
    assert [users.of(belt) for belt in belts] == numbers
    assert users.take(home(tmp_path, "late")) is None


def test_it_goes_with_the_belt(tmp_path: Path) -> None:
    """Released, or of a place that is gone, it is another belt's to have."""
    blue, green, red = (home(tmp_path, name) for name in ("blue", "green", "red"))
    numbers = {users.take(blue), users.take(green), users.take(red)}
    users.release(blue)
    assert users.of(blue) is None
    assert users.take(home(tmp_path, "fourth")) in numbers
    green.rmdir()
    assert users.take(home(tmp_path, "fifth")) in numbers


def test_a_number_under_which_something_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A belt that is gone may have left it: nobody comes to own it."""
    running: Iterator[tuple[int, int]] = iter([(1, 70_000_000), (2, 70_000_001)])
    monkeypatch.setattr(users, "_processes", lambda: running)
    assert users.take(home(tmp_path, "blue")) == 70_000_002


@pytest.mark.parametrize("how", ["user", "delegated", "unmapped"])
def test_a_number_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """A user, a range for somebody's containers, and what does not exist in this container."""
    if how == "user":
        monkeypatch.setattr(users, "_named", lambda _look, number: number != 70_000_001)
    elif how == "delegated":
        (tmp_path / "subuid").write_text("# a note\nsomebody:70000000:1\nelse:70000002:9\n")
        monkeypatch.setattr(users, "DELEGATED", (tmp_path / "subuid", tmp_path / "none"))
    else:
        monkeypatch.setattr(users, "MAPS", (_map(tmp_path, "70000001 0 1"),))
    assert users.take(home(tmp_path, "blue")) == 70_000_001
    assert users.take(home(tmp_path, "green")) is None


def test_a_number_that_became_somebody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up for another one, and what the belt runs is handed over at its next update."""
    blue = home(tmp_path, "blue")
    before = users.take(blue)
    monkeypatch.setattr(users, "_named", lambda _look, number: number == before)
    assert users.take(blue) not in {before, None}


def test_a_record_that_says_nothing(tmp_path: Path) -> None:
    """Whose the number is cannot be told, so it is nobody's."""
    users.take(home(tmp_path, "blue"))
    for number in users.RANGES[0]:
        (tmp_path / "users" / str(number)).write_bytes(b"\xff")
    assert users.take(home(tmp_path, "blue")) is None
