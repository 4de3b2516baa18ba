"""A program that rests: whoever starts the belt's supervisor meanwhile starts it without that program."""

from pathlib import Path

import pytest

from belts.files import write_private
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import leftovers, supervisor, supervisord

SECTION = "[program:indexer]\ncommand=node\n"


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A belt with an engine and an indexer, whose supervisor is dead."""
    monkeypatch.setattr(leftovers, "kill", lambda *_, **__: None)
    found = Layout(root=tmp_path, belt="blue")
    for name in ("engine", "indexer"):
        write_private(found.programs / f"{name}.conf", SECTION.replace("indexer", name))
    supervisord.write_configuration(found)
    return found


def started(layout: Layout) -> list[str]:
    """What a supervisor would start."""
    told = supervisord._configuration(layout).read_text()
    return [name for name in ("engine", "indexer") if f"[program:{name}]" in told]


def test_until_it_is_woken(layout: Layout) -> None:
    """It is out of the configuration, also where that is written anew, and then in it as it was."""
    assert started(layout) == ["engine", "indexer"]
    supervisor.rest(layout, "indexer")
    assert started(layout) == ["engine"]
    supervisord.write_configuration(layout)
    assert started(layout) == ["engine"]
    supervisor.rest(layout, "indexer")
    supervisor.wake(layout, "indexer")
    assert started(layout) == ["engine", "indexer"]
    assert (layout.programs / "indexer.conf").read_text() == SECTION


def test_one_that_is_taken_away_while_it_rests(layout: Layout) -> None:
    """Nothing of it is left."""
    supervisor.rest(layout, "indexer")
    layout.logs.mkdir()
    supervisor.remove(layout, {"indexer"})
    assert sorted(file.name for file in layout.programs.iterdir()) == ["engine.conf"]
    supervisor.wake(layout, "indexer")
    assert [path.name for path in layout.programs.glob("*.conf")] == ["engine.conf"]


def test_it_is_out_before_it_is_ended(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """A supervisor that dies while it ends the program does not come back with it."""
    seen: list[list[str]] = []
    monkeypatch.setattr(leftovers, "kill", lambda *_, **__: seen.append(started(layout)))
    supervisor.rest(layout, "indexer")
    assert seen == [["engine"]]
