"""What is done about a part that hangs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.keep import hangs, health
from belts.runtimes.process.keep.hangs import Hangs, Running
from belts.runtimes.process.keep.silence import Seen
from belts.runtimes.process.supervise import hung, live
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Request, from_json


class Host:
    """One part that runs, what is seen of it, and how often it was restarted."""

    def __init__(self, root: Path, part: str) -> None:
        raw = {"version": 2, "part": part, "root": str(root), "belt": "blue", "port": 47_114}
        self.layout = Layout(root=root, belt="blue")
        self.request = from_json(raw)
        self.part = part
        self.now = 0.0
        self.pid = 7
        self.restarts = 0
        self.busy = False
        self.said: list[str] = []
        self.watch = Hangs(patience_s=60, every_s=5, say=self.said.append, clock=lambda: self.now)

    def restart(self, _request: Request, pid: int) -> bool:
        assert pid == self.pid
        if self.busy:
            return False
        self.restarts += 1
        self.pid += 1
        return True

    def looks(self, monkeypatch: pytest.MonkeyPatch, *seen: Seen) -> None:
        """So many looks, half a minute apart."""
        monkeypatch.setattr(
            hangs, "running", lambda _: [Running(request=self.request, name=self.part, pid=self.pid)]
        )
        monkeypatch.setattr(hangs, "_restart", self.restart)
        for each in seen:
            self.now += 30
            monkeypatch.setattr(health, "look", lambda *_: (each, "timed out"))  # noqa: B023
            self.watch.look((self.layout,))

    def hangs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It came up, and then was silent for long enough."""
        self.looks(monkeypatch, Seen.ANSWERS, Seen.SILENT, Seen.SILENT, Seen.SILENT)


@pytest.fixture
def host(tmp_path: Path) -> Callable[[str], Host]:
    return lambda part: Host(tmp_path, part)


def test_three_times(host: Callable[[str], Host], monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it is left and told once, also by the next keeper; what answers again is told no more."""
    engine = host("engine")
    for _ in range(5):
        engine.hangs(monkeypatch)
    engine.looks(monkeypatch, Seen.SILENT, Seen.SILENT)
    assert engine.restarts == 3
    assert len([words for words in engine.said if "is left as it is" in words]) == 2
    assert "restarted 3 times within an hour" in hung.alarms(engine.layout)[0]
    again = Host(engine.layout.root, "engine")
    again.hangs(monkeypatch)
    assert again.restarts == 0
    again.looks(monkeypatch, Seen.ANSWERS)
    assert hung.alarms(engine.layout) == ()
    assert len(hung.of_belt(engine.layout)["engine"].restarts) == 3


@pytest.mark.parametrize("part", ["postgres", "ledger"])
def test_a_postgres(host: Callable[[str], Host], monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """It is told, and never restarted."""
    slow = host(part)
    slow.hangs(monkeypatch)
    assert slow.restarts == 0
    assert "a Postgres is restarted by nobody but you" in hung.alarms(slow.layout)[0]


def test_a_belt_that_somebody_works_on(host: Callable[[str], Host], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is restarted, and nothing counted; it is looked at again."""
    engine = host("engine")
    engine.busy = True
    engine.hangs(monkeypatch)
    assert hung.of_belt(engine.layout).get("engine", hung.Hung()).restarts == ()
    engine.busy = False
    engine.looks(monkeypatch, Seen.SILENT)
    assert engine.restarts == 1


def test_a_part_that_is_asked_for_meanwhile(
    host: Callable[[str], Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at what runs and the look at what was asked: it is for the next one."""
    engine = host("engine")
    recorded.record(engine.request, {})
    monkeypatch.setattr(live, "read", lambda *_: {})
    assert hangs.running(engine.layout) == []
