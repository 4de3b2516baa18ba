"""Python looks through everything seldom: what a look takes is a small part of the time."""

import gc

import pytest

from belts.engine.garbage import EVERY_S, GROWN, NEVER, QUIET_S, REST, Garbage
from tests.unit.engine.serve.wire import Clock


class Collector:
    """What is asked of Python's own, each look of which takes so long."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.takes = 0.0
        self.asked: list[str] = []

    def collect(self) -> int:
        self.asked.append("collect")
        self.clock.now += self.takes
        return 0

    def freeze(self) -> None:
        self.asked.append("freeze")

    def unfreeze(self) -> None:
        self.asked.append("unfreeze")


Scene = tuple[Garbage, Collector, dict[str, int]]


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    clock, held = Clock(), {"bytes": 0}
    of = Collector(clock)
    for name in ("collect", "freeze", "unfreeze"):
        monkeypatch.setattr(gc, name, getattr(of, name))
    garbage = Garbage(clock=clock, resident=lambda: held["bytes"])
    clock.now += QUIET_S
    assert garbage.look()
    assert of.asked == ["unfreeze", "collect", "freeze"]
    of.asked.clear()
    return garbage, of, held


def test_nothing_has_happened(scene: Scene) -> None:
    """There is a look a minute, and what lasts is left out of it."""
    garbage, of, _ = scene
    for _ in range(int(EVERY_S * 10)):
        of.clock.now += 1
        garbage.look()
    assert of.asked == ["collect"] * 10


def test_memory_that_grows(scene: Scene) -> None:
    """It is looked at once, and then not again before it has grown as much."""
    garbage, _, held = scene
    held["bytes"] = GROWN
    assert garbage.look()
    assert not garbage.look()
    held["bytes"] += GROWN - 1
    assert not garbage.look()


def test_a_look_that_takes_long(scene: Scene) -> None:
    """However fast memory grows, all looks together take a hundredth of the time."""
    garbage, of, held = scene
    of.takes, began = 0.5, of.clock.now
    for _ in range(1_000):
        held["bytes"] += GROWN
        of.clock.now += 1
        garbage.look()
    assert 0 < len(of.asked) * of.takes <= (of.clock.now - began) / REST + of.takes


def test_metadata_that_changes(scene: Scene) -> None:
    """What was to last is looked at again when it has been quiet for a while, once."""
    garbage, of, _ = scene
    for _ in range(20):
        garbage.changed()
        of.clock.now += 1
        assert not garbage.look()
    of.clock.now += QUIET_S
    assert garbage.look()
    assert of.asked == ["unfreeze", "collect", "freeze"]
    assert not garbage.look()


async def test_python_does_not_look_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not through everything; through what is new it does."""
    told: list[tuple[int, ...]] = []
    monkeypatch.setattr(gc, "set_threshold", lambda *given: told.append(given))

    class Looked(Exception):
        """Enough."""

    def look(_: Garbage) -> bool:
        raise Looked

    monkeypatch.setattr(Garbage, "look", look)
    monkeypatch.setattr("belts.engine.garbage._LOOK_S", 0)
    with pytest.raises(Looked):
        await Garbage().watch()
    assert told == [(*gc.get_threshold()[:2], NEVER)]
