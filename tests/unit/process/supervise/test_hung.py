"""What is remembered of parts that hang: it outlives the keeper, and says no more than it knows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from belts.runtimes.process.audited import Audited
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import hung
from belts.runtimes.process.supervise.hung import Hung

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(root=tmp_path, belt="blue")


def minutes(*ago: float) -> tuple[datetime, ...]:
    return tuple(NOW - timedelta(minutes=each) for each in ago)


@pytest.mark.parametrize(
    ("restarts", "spent"),
    [
        ((), False),
        (minutes(50, 30), False),
        (minutes(50, 30, 10), True),
        (minutes(61, 30, 10), False),
        (minutes(50, 30, -600), True),
    ],
)
def test_how_often(restarts: tuple[datetime, ...], spent: bool) -> None:
    """Three times within an hour; one that lies ahead, as after a clock was set back, counts."""
    assert Hung(restarts=restarts).spent(NOW) is spent


def test_what_is_kept(layout: Layout) -> None:
    """What is written is read again, part by part; what is forgotten leaves no word."""
    left = Hung(restarts=minutes(50, 30, 10), since=NOW, why="timed out")
    hung.note(layout, "engine", left)
    hung.note(layout, "indexer", Hung(restarts=minutes(5)))
    assert hung.of_belt(layout) == {"engine": left, "indexer": Hung(restarts=minutes(5))}
    told = ("blue: its engine has hung since 2026-11-30 12:00:00 UTC: timed out",)
    assert hung.alarms(layout) == Audited(layout.root).hung("blue") == told
    assert len(hung.restarted(layout, NOW)) == 2
    hung.note(layout, "engine", None)
    assert hung.alarms(layout) == ()


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"parts": 1}', '{"parts": {"engine": {}}}', '{"parts": {"engine": 1}}']
)
def test_a_file_that_says_nothing(layout: Layout, text: str) -> None:
    """Nothing is known, and what is noted next is written over it."""
    layout.supervisor.mkdir(parents=True)
    (layout.supervisor / hung.FILE).write_text(text)
    assert hung.alarms(layout) == ()
    hung.note(layout, "engine", Hung(since=NOW, why="timed out"))
    assert len(hung.alarms(layout)) == 1
