"""What a keeper leaves alone, and that there is one of it."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from belts.files import write_private
from belts.runtimes.process import binding, lease_files, status, verbs
from belts.runtimes.process.command import main
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import keeper as one_keeper
from belts.runtimes.process.files import lock
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.keep import keeper
from belts.runtimes.process.keep.hangs import Hangs
from belts.runtimes.process.parts.every import PARTS
from belts.runtimes.process.parts.part import Part
from belts.runtimes.process.supervise import ranks, supervisord
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import from_json


class Kind:
    """A part of which nothing is made: whose it would have been is kept."""

    def __init__(self, part: str, made: list[tuple[str, str]]) -> None:
        self.part = part
        self.made = made

    def apply(self, layout: Layout, _request: Any, /) -> Mapping[str, Any]:
        self.made.append((layout.belt, self.part))
        return {}

    def remove(self, _layout: Layout, /) -> None:
        """There is nothing."""


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for part in ("postgres", "engine"):
        monkeypatch.setitem(PARTS, part, Part(module=partial(Kind, part, found)))
    return found


@pytest.fixture
def blue(tmp_path: Path, made: list[tuple[str, str]]) -> Layout:
    """A belt of which nothing runs."""
    for part, port in (("postgres", 47_111), ("engine", 47_112)):
        raw = {"version": 2, "part": part, "root": str(tmp_path), "belt": "blue", "port": port}
        verbs.apply(from_json(raw))
    made.clear()
    return Layout(root=tmp_path, belt="blue")


@pytest.fixture
def removed_while_waited_for(blue: Layout, monkeypatch: pytest.MonkeyPatch) -> Thread:
    """Somebody heals, waits for the belt's lock, and gets it when the belt's engine is no more."""
    waits = Event()
    monkeypatch.setattr(lock, "_waiting", lambda _: waits.set())
    healing = Thread(target=verbs.heal, args=[[blue]])
    with lock.of_belt(blue):
        healing.start()
        assert waits.wait(30)
        recorded.forget(blue, "engine")
    return healing


def test_a_part_that_is_removed_while_somebody_heals(
    removed_while_waited_for: Thread, made: list[tuple[str, str]]
) -> None:
    """It stays away; the others are healed."""
    removed_while_waited_for.join(30)
    assert made == [("blue", "postgres")]


def test_what_died(blue: Layout, made: list[tuple[str, str]]) -> None:
    """All parts are made again, in the order in which they lean on each other."""
    keeper.once((blue,))
    assert made == [("blue", "postgres"), ("blue", "engine")]


def test_a_belt_that_is_to_go(blue: Layout, made: list[tuple[str, str]]) -> None:
    """It is left, and goes on going."""
    write_private(blue.home / lease_files.FOLDER / lease_files.GOING, "")
    keeper.once((blue,))
    assert made == []
    assert lease_files.goes(blue.home)


def test_what_was_asked_and_never_came_to_its_end(blue: Layout, made: list[tuple[str, str]]) -> None:
    """It is for whoever asked: what runs may be what was carried out before."""
    write_private(blue.applied("engine"), recorded.BEGUN)
    keeper.once((blue,))
    assert made == [("blue", "postgres")]


def test_a_belt_that_somebody_works_on(blue: Layout, made: list[tuple[str, str]]) -> None:
    """Nobody is waited for."""
    with lock.of_belt(blue):
        keeper.once((blue,))
    assert made == []
    keeper.once((blue,))
    assert len(made) == 2


def test_a_supervisor_that_systemd_started(blue: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets its belt's rank once, as does the one after it."""
    ranked: list[int] = []
    number = 7
    monkeypatch.setattr(supervisord, "pid", lambda _: number)
    monkeypatch.setattr(keeper, "rouse", lambda _: False)
    monkeypatch.setattr(keeper, "down", lambda _: ())
    monkeypatch.setattr(ranks, "spread", lambda _: ranked.append(number))
    keeping = keeper._Keeping()
    for number in (7, 7, 8, 8):  # noqa: B007 -- what `pid` tells
        keeping.look((blue,))
    assert ranked == [7, 8]


def test_a_belt_of_which_nobody_can_tell_who_keeps_it(
    blue: Layout, made: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its supervisor is started with what it kept; nothing is made again, and that is told."""
    binding.file_of(blue).write_text("{")
    roused: list[str] = []

    def rouse(layout: Layout) -> bool:
        roused.append(layout.belt)
        return True

    monkeypatch.setattr(verbs, "rouse", rouse)
    with pytest.raises(Refused, match="which toolchain"):
        keeper.once((blue,))
    assert roused == ["blue"]
    assert made == []


def test_a_belt_that_nothing_can_be_started_for(
    blue: Layout, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A host without a free process: it is told once, the other belts are tried, and the keeper goes on."""
    green = Layout(root=blue.root, belt="green")

    def none(*_: Any, **__: Any) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", none)
    monkeypatch.setattr(keeper, "rouse", lambda _: False)
    monkeypatch.setattr(keeper, "down", lambda _: ("engine",))
    keeping = keeper._Keeping()
    for _ in range(3):
        keeping.look((blue, green))
    said = capfd.readouterr().err
    assert said.count("blue: BlockingIOError") == 1
    assert said.count("green: BlockingIOError") == 1


def test_a_look_that_comes_to_no_end(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keeper looks again: nobody else does."""
    looks = 0

    def look(*_: Any) -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(keeper, "EVERY_S", 0.01)
    monkeypatch.setattr(Hangs, "look", look)
    keeper.keep(tmp_path, patience_s=60)
    assert looks == 3
    assert capfd.readouterr().err.count("can't start new thread") == 1


def test_a_log_that_takes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk keeps nobody from keeping what lies on it."""

    def full(_: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keeper, "note", full)
    keeper.say("blue: is back")


def test_two_keepers(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second says so and ends, as does the first when it is told to."""
    monkeypatch.setattr(keeper, "EVERY_S", 0.01)
    second = Thread(target=_second, args=[tmp_path])
    second.start()
    assert main(["keep", "--root", str(tmp_path)]) == 0
    second.join(30)
    said = capfd.readouterr().err
    assert f"these belts are kept already (pid {one_keeper.pid(tmp_path) or 'of another user'})" in said
    assert f"no longer keeping the belts below {tmp_path}" in said
    assert list(tmp_path.iterdir()) == []


def _second(root: Path) -> None:
    """Comes when there is a first one, and then ends that."""
    file = root / one_keeper.FILE
    while not file.exists() or not file.read_text():
        time.sleep(0.01)
    keeper.keep(root, patience_s=60)
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("text", ["", "x", "1", "99999999", "-1", "\0"])
def test_a_number_that_is_no_keepers(blue: Layout, text: str) -> None:
    """Whatever the file says, what runs under that number is looked at; nobody keeps these belts."""
    write_private(blue.root / one_keeper.FILE, text)
    assert one_keeper.pid(blue.root) is None
    assert f"`python -m belts keep --root {blue.root}` runs" in status.as_table([blue])
    assert status.as_json([blue])["keeper"] is None


@pytest.mark.parametrize(
    "arguments", [["--patience", "0"], ["--patience", "nan"], ["--patience", "inf"], ["blue"]]
)
def test_a_command_line_that_is_wrong(tmp_path: Path, arguments: list[str]) -> None:
    """It is usage, and nothing was looked at."""
    with pytest.raises(SystemExit) as ended:
        main(["keep", "--root", str(tmp_path), *arguments])
    assert ended.value.code == 2
