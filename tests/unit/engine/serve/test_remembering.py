"""An engine that is started anew knows who read the one before it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.engine.serve.readers import MOST, WINDOW, Readers
from belts.engine.serve.remembering import Remembering
from tests.unit.engine.serve.test_readers import PROXIES, Clock, scope, told


class Machine:
    """One that is booted now and then, and on which one engine follows the other."""

    def __init__(self, home: Path) -> None:
        self.clock, self.boot, self.metadata = Clock(), "one", home / "metadata.json"

    @property
    def file(self) -> Path:
        return self.metadata.with_name("metadata.json.readers")

    def starts(self) -> tuple[Readers, Remembering]:
        readers = Readers(PROXIES, self.clock)
        kept = Remembering(readers, self.metadata, clock=self.clock, boot=lambda: self.boot)
        kept.recall()
        return readers, kept

    def reboots(self) -> None:
        self.boot, self.clock.now = f"{self.boot}+", 3.0


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_start_after_another(machine: Machine) -> None:
    """Who asked is known with all that was known, for as long as if nothing had ended."""
    readers, kept = machine.starts()
    readers.asked(scope("caf\xe9"))
    readers.asked(scope("caf\xe9"))
    machine.clock.passes(5)
    kept.keep()
    machine.clock.passes(7)
    readers, kept = machine.starts()
    [one] = told(readers)
    assert one == {"address": "10.0.0.7", "agent": "caf\xe9", "asked": 2, "secondsAgo": 12.0, "sockets": 0}
    assert readers.as_json() == {"knownForSeconds": 12.0, "readers": [one]}
    kept.keep()
    machine.clock.passes(WINDOW.total_seconds())
    assert told(machine.starts()[0]) == []


def test_an_open_socket(machine: Machine) -> None:
    """It was read to the end, whenever that was: who had it open has read just now."""
    readers, kept = machine.starts()
    readers.joined(scope())
    kept.keep()
    machine.clock.passes(86_400)
    assert [(each["sockets"], each["secondsAgo"]) for each in told(machine.starts()[0])] == [(0, 0.0)]


def test_another_boot(machine: Machine) -> None:
    """Nobody tells how long it took."""
    readers, kept = machine.starts()
    readers.asked(scope())
    kept.keep()
    machine.reboots()
    assert [each["secondsAgo"] for each in told(machine.starts()[0])] == [0.0]


def test_nobody(machine: Machine) -> None:
    """An engine that begins has had no reader; one that nobody reads writes once."""
    readers, kept = machine.starts()
    kept.keep()
    assert told(readers) == []
    machine.file.unlink()
    kept.keep()
    assert not machine.file.exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"version": 2}', '{"version": 1, "boot": "one", "began": 1, "readers": 3}']
)
def test_what_cannot_be_read(machine: Machine, text: str) -> None:
    """Somebody has read, and nobody tells who."""
    machine.file.write_text(text)
    assert [each["address"] for each in told(machine.starts()[0])] == ["unknown"]


def test_a_full_disk(machine: Machine, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    """It is said, and tried again."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    readers, kept = machine.starts()
    readers.asked(scope())
    with monkeypatch.context() as without:
        without.setattr("belts.engine.serve.remembering.replace", full)
        kept.keep()
    assert "No space left" in caplog.text
    kept.keep()
    assert len(told(machine.starts()[0])) == 1


def test_a_flood(machine: Machine) -> None:
    """Who was counted together is that again."""
    readers, kept = machine.starts()
    for number in range(MOST + 3):
        readers.asked(scope(f"flood/{number}"))
    kept.keep()
    assert sorted(map(str, told(machine.starts()[0]))) == sorted(map(str, told(readers)))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 700)), max_size=8))
def test_starts_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, float]]
) -> None:
    """However often it is started anew, it tells what one tells that was never ended."""
    machine = Machine(tmp_path_factory.mktemp("engine"))
    ever = Readers(PROXIES, machine.clock)
    for agent, seconds in steps:
        readers, kept = machine.starts()
        for each in (readers, ever):
            each.asked(scope(agent))
        kept.keep()
        machine.clock.passes(seconds)
    now, _ = machine.starts()
    assert {(each["agent"], round(each["secondsAgo"], 2)) for each in told(now)} == {
        (each["agent"], round(each["secondsAgo"], 2)) for each in told(ever)
    }


def test_the_format(machine: Machine) -> None:
    """A later engine reads this one's file."""
    readers, kept = machine.starts()
    readers.asked(scope())
    kept.keep()
    assert json.loads(machine.file.read_text()) == {
        "version": 1,
        "boot": "one",
        "began": 1_000.0,
        "readers": [["10.0.0.7", "app/1", "10.0.0.7", 1, 1_000.0]],
    }
