"""The control group of a belt, on a directory that stands for the kernel's."""

import os
from pathlib import Path

import pytest

from belts.runtimes.process import status
from belts.runtimes.process.confine import group, hierarchy
from belts.runtimes.process.confine.group import Held, Loose
from belts.runtimes.process.confine.hierarchy import Parent, Version
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import from_json

MIB = 1024 * 1024


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A belt of which a Postgres was asked for."""
    layout = Layout(root=tmp_path / "hosts", belt="blue")
    asked = {"version": 1, "part": "postgres", "root": str(layout.root), "belt": "blue", "port": 5432}
    recorded.record(from_json(asked))
    return layout


def mount(monkeypatch: pytest.MonkeyPatch, parent: Parent | None) -> None:
    monkeypatch.setattr(hierarchy, "parent", lambda _controller: parent)


def kernel(folder: Path, **files: object) -> Path:
    """A group as the kernel shows it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".", 1)).write_text(f"{content}\n")
    return folder


@pytest.mark.parametrize("least", [Version.ONE, Version.TWO])
def test_it_is_held(tmp_path: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch, least: Version) -> None:
    """By what either version calls its limits, swap among them."""
    top = kernel(tmp_path / "top", cgroup__subtree_control="")
    place = kernel(top / "belts" / group.name(layout), pids__max="max", cgroup__procs="")
    kernel(top / "belts", cgroup__subtree_control="")
    if least is Version.TWO:
        kernel(place, memory__max="max", memory__swap__max="max", memory__current=7 * MIB)
        (place / "memory.swap.max").write_text("max")
        kernel(place, memory__events="low 0\noom_kill 3", memory__stat="anon 5\nfile 999999999999")
    else:
        for name in ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"):
            (place / name).write_text(str(2**63))
        kernel(place, memory__usage_in_bytes=7 * MIB, memory__oom_control="under_oom 0\noom_kill 3")
    mount(monkeypatch, Parent(version=least, place=top))
    assert group.hold(layout, 64) == Held(memory_mb=64, wanted_mb=64, taken_mb=7, ended=3, processes=4096)
    names = (
        ("memory.max",) if least is Version.TWO else ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
    )
    assert {(place / name).read_text().strip()[:8] for name in names} == {str(64 * MIB)}
    if least is Version.TWO:
        assert (place / "memory.swap.max").read_text().startswith("0")
        assert "+" in (top / "cgroup.subtree_control").read_text()
    text = status.as_table([layout])
    assert "blue: held to 64 MB of memory (takes 7) and 4,096 processes" in text
    assert "3 of its processes were ended" in text


def test_a_limit_below_what_is_held(tmp_path: Path) -> None:
    """Version 2 would end what runs well: the limit waits. What is only cached can be given back."""
    place = kernel(tmp_path / "g", memory__max=900 * MIB, memory__stat=f"anon {300 * MIB}\nfile {900 * MIB}")
    with pytest.raises(OSError, match="holds more than that now"):
        group.limit_memory(place, 200 * MIB)
    assert int((place / "memory.max").read_text()) == 900 * MIB
    group.limit_memory(place, 400 * MIB)
    assert (place / "memory.max").read_text().startswith(str(400 * MIB))


@pytest.mark.parametrize("root", [False, pytest.param(True, id="root")])
def test_a_host_that_makes_no_groups(
    tmp_path: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch, *, root: bool
) -> None:
    """Told with the reason, and everything else goes on."""
    closed = tmp_path / "closed"
    closed.write_text("no directory, for root as well")
    mount(monkeypatch, Parent(version=Version.ONE, place=closed) if root else None)
    held = group.hold(layout, 64)
    assert isinstance(held, Loose)
    group.hold(layout, 64, [os.getpid()])
    group.remove(layout)
    held = group.hold(layout, 64)
    assert isinstance(held, Loose)
    why = "Not a directory" if root else "no control groups with the controller `memory` are mounted here"
    assert why in held.why
    assert f"blue: nothing holds it to its memory: {held.why}" in status.as_table([layout])
    assert status.as_json([layout])["belts"]["blue"]["limits"] == {"held": False, "why": held.why}


def test_a_smaller_limit_that_waits(tmp_path: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """The belt stays held to the one that it had, and `status` says so."""
    place = kernel(tmp_path / "belts" / group.name(layout), memory__max=900 * MIB, cgroup__procs="")
    kernel(place, memory__stat=f"anon {300 * MIB}", memory__current=300 * MIB, memory__events="oom_kill 0")
    for folder in (tmp_path, tmp_path / "belts"):
        kernel(folder, cgroup__subtree_control="memory pids")
    kernel(place, pids__max="max")
    mount(monkeypatch, Parent(version=Version.TWO, place=tmp_path))
    assert group.hold(layout, 64) == Held(memory_mb=900, wanted_mb=64, taken_mb=300, ended=0, processes=4096)
    assert "blue: to be held to 64 MB, once it needs no more: `python -m belts heal" in status.as_table(
        [layout]
    )


def test_a_limit_that_was_taken_away(tmp_path: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kernel says counts, not what was asked of it."""
    place = kernel(tmp_path / "belts" / group.name(layout), memory__max="max", cgroup__procs="")
    kernel(place, memory__stat="anon 0", memory__current=0, memory__events="oom_kill 0", pids__max="max")
    for folder in (tmp_path, tmp_path / "belts"):
        kernel(folder, cgroup__subtree_control="memory pids")
    mount(monkeypatch, Parent(version=Version.TWO, place=tmp_path))
    assert isinstance(group.hold(layout, 64), Held)
    (place / "memory.max").write_text("max")
    assert group.seen(layout) == Loose(why="its limit was taken away; bring it up again")


def test_a_belt_from_before(layout: Layout) -> None:
    """Nothing is said to hold what was never put into a group."""
    assert isinstance(group.seen(layout), Loose)


def test_a_record_that_cannot_be_read(layout: Layout) -> None:
    """It holds nothing, and keeps nobody from removing the belt."""
    layout.confined.parent.mkdir()
    layout.confined.write_text("{")
    assert isinstance(group.seen(layout), Loose)
    group.remove(layout)
    assert not layout.confined.exists()


def test_two_belts_of_one_name(tmp_path: Path) -> None:
    """Each has its own group."""
    one, other = (Layout(root=tmp_path / root, belt="blue") for root in ("a", "b"))
    assert group.name(one) != group.name(other)
