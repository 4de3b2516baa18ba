"""The disk below belts: what is free, and how fast that goes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.files import write_private_json
from belts.runtimes.disk import GB, LEAST_BYTES, Disk
from belts.runtimes.process.files import disk
from belts.runtimes.process.files.layout import Layout

DAY = disk.DAY_S


@pytest.fixture
def blue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A belt on a disk of 100 GB of which a test says what is free."""
    layout = Layout(root=tmp_path, belt="blue")
    layout.supervisor.mkdir(parents=True)
    free(monkeypatch, 50)
    return layout


def free(monkeypatch: pytest.MonkeyPatch, gigabytes: float) -> None:
    monkeypatch.setattr(disk, "below", lambda _root: Disk(free=int(gigabytes * GB), size=100 * GB))


def test_it_fills(blue: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the pace since it was noted first."""
    assert disk.look([blue], now=0) == Disk(free=50 * GB, size=100 * GB, days=None)
    free(monkeypatch, 40)
    seen = disk.look([blue], now=2 * DAY)
    assert seen == Disk(free=40 * GB, size=100 * GB, days=8.0)
    assert seen.words() == "40.0 GB of 100.0 GB free, and full in about 8 days"
    assert not seen.short


def test_it_fills_soon(blue: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """A week is soon, and so is what is left of the last 2 GB."""
    disk.look([blue], now=0)
    free(monkeypatch, 30)
    seen = disk.look([blue], now=DAY)
    assert seen is not None
    assert seen.words().endswith("and full in about 36 hours")
    assert seen.short
    assert Disk(free=LEAST_BYTES - 1, size=GB * 100).short
    assert not Disk(free=LEAST_BYTES, size=GB * 100).short


def test_a_belt_that_came_later(blue: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that is here longest tells the pace."""
    disk.look([blue], now=0)
    green = Layout(root=blue.root, belt="green")
    green.supervisor.mkdir(parents=True)
    free(monkeypatch, 40)
    seen = disk.look([green, blue], now=DAY)
    assert seen is not None
    assert seen.days == 4.0


def test_what_is_kept(blue: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sample an hour, for a week: a pace of long ago tells nothing."""
    for hour in range(24 * 10):
        free(monkeypatch, 80 - hour if hour < 24 else 56)
        disk.look([blue], now=hour * disk.HOUR_S)
        disk.look([blue], now=hour * disk.HOUR_S + 60)
    seen = disk.look([blue], now=240 * disk.HOUR_S)
    assert seen is not None
    assert seen.days is None
    assert len(disk._read(blue.disk)) <= 24 * 7 + 1


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"free": 7}', '{"free": [[1]]}', '{"free": [["x", "y"]]}']
)
def test_a_note_that_is_damaged(blue: Layout, damage: str) -> None:
    """It says nothing, and is written anew."""
    blue.disk.write_text(damage)
    assert disk.look([blue], now=0) == Disk(free=50 * GB, size=100 * GB)
    assert len(disk._read(blue.disk)) == 1


def test_a_clock_that_was_put_back(blue: Layout) -> None:
    """What was noted in the future is forgotten."""
    disk.look([blue], now=100 * DAY)
    assert disk.look([blue], now=DAY) == Disk(free=50 * GB, size=100 * GB)
    assert [at for at, _ in disk._read(blue.disk)] == [DAY]


def test_a_host_without_belts() -> None:
    """There is nothing to say."""
    assert disk.look([]) is None


def test_a_belt_whose_place_cannot_be_written(blue: Layout) -> None:
    """What is free is told all the same, and nothing is left beside it."""
    blue.disk.mkdir()
    assert disk.look([blue], now=0) == Disk(free=50 * GB, size=100 * GB)


def test_what_a_folder_takes(tmp_path: Path) -> None:
    """What lies on the disk, also below links that lead nowhere."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"x" * 1_000_000)
    (tmp_path / "link").symlink_to("/nowhere")
    assert 1_000_000 <= disk.taken(tmp_path) < 1_100_000
    assert disk.taken(tmp_path / "gone") == 0


@given(
    st.lists(st.tuples(st.floats(0, 10**9), st.integers(0, 2**63)), min_size=1).map(sorted),
)
def test_days(samples: list[tuple[float, int]]) -> None:
    """Never negative, and told only of a disk that fills."""
    told = disk.days(samples)
    assert told is None or told >= 0
    if samples[-1][1] >= samples[0][1]:
        assert told is None


def test_a_root_that_is_not_there_yet(tmp_path: Path) -> None:
    """The disk is that of the folder in which it would be made."""
    assert disk.below(tmp_path / "not" / "yet").size == disk.below(tmp_path).size


def test_a_note_is_not_made_for_nobody(tmp_path: Path) -> None:
    """A belt without a supervisor's place, such as one that is half removed, gets none."""
    layout = Layout(root=tmp_path, belt="red")
    write_private_json(layout.request("engine"), {})
    disk.look([layout], now=0)
    assert not layout.supervisor.exists()
