"""The scope of a belt, against stand-ins for systemd's two programs: this host is not run by systemd."""

import os
from pathlib import Path

import pytest

from belts.runtimes.process.confine import group, scope
from belts.runtimes.process.confine.group import Held, Loose
from belts.runtimes.process.files.layout import Layout

UNTIL_STARTED = "case $* in *.scope) [ -e {at}/started ] && echo /system.slice/a.scope;; esac; exit 0"
"""What `systemctl show` says of a scope that is not there is nothing, and no error."""


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A belt on a host that systemd runs: its stand-ins write down what they are asked."""
    place = tmp_path / "groups" / "system.slice" / "a.scope"
    place.mkdir(parents=True)
    for name, content in {
        "cgroup.procs": "",
        "memory.max": str(64 * group.MIB),
        "memory.current": "0",
        "memory.events": "oom_kill 0",
        "pids.max": "4096",
    }.items():
        (place / name).write_text(f"{content}\n")
    monkeypatch.setattr(scope, "BOOTED", tmp_path)
    monkeypatch.setattr(scope, "GROUPS", tmp_path / "groups")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    stand_in(tmp_path, "busctl", "case $* in *StartTransientUnit*) touch {at}/started;; esac")
    stand_in(tmp_path, "systemctl", f"case $* in *show*) {UNTIL_STARTED};; esac")
    return Layout(root=tmp_path / "hosts", belt="blue")


def stand_in(at: Path, name: str, does: str) -> None:
    program = at / name
    program.write_text(f'#!/bin/sh\necho "{name} $*" >> {at}/asked\n{does.format(at=at)}\n')
    program.chmod(0o755)


def asked(layout: Layout) -> list[str]:
    lines = (layout.root.parent / "asked").read_text().splitlines()
    return [line for line in lines if " show " not in line]


def test_the_first_processes(layout: Layout) -> None:
    """They are put into a scope with the limits of their belt, and are not started anew."""
    assert group.hold(layout, 64, [7, 8]) == Held(
        memory_mb=64, wanted_mb=64, taken_mb=0, ended=0, processes=4096
    )
    (line,) = asked(layout)
    assert "Manager StartTransientUnit ssa(sv)a(sa(sv)) belts-blue-" in line
    wanted = "fail 5 PIDs au 2 7 8 Delegate b true MemoryMax t 67108864 MemorySwapMax t 0 TasksMax t 4096 0"
    assert line.endswith(wanted)


def test_more_memory(layout: Layout) -> None:
    """The scope that is there gets the limit, and whatever has come since."""
    group.hold(layout, 64, [7])
    group.hold(layout, 128, [7, 9])
    _, limits, attached = asked(layout)
    assert limits.endswith(".scope MemoryMax=134217728 MemorySwapMax=0 TasksMax=4096")
    assert attached.endswith(".scope  2 7 9")


def test_less_memory_than_is_held(layout: Layout) -> None:
    """The limit of the scope stays: a lower one would end what runs well."""
    group.hold(layout, 64, [7])
    place = layout.root.parent / "groups" / "system.slice" / "a.scope"
    (place / "memory.stat").write_text(f"anon {48 * group.MIB}\nfile {64 * group.MIB}\n")
    group.hold(layout, 32, [7])
    group.hold(layout, 48, [7])
    limits = [line for line in asked(layout) if "set-property" in line]
    assert [line.split("MemoryMax=")[1].split()[0] for line in limits] == ["67108864", "50331648"]


def test_nothing_runs_yet(layout: Layout) -> None:
    """Systemd is asked for nothing: a scope without a process is none."""
    assert group.hold(layout, 64) == Loose(why="nothing of it runs")


def test_systemd_refuses(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ordinary user is told; root makes a group without it."""
    stand_in(layout.root.parent, "busctl", "echo 'Call failed: Access denied' >&2; exit 1")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    seen = group.hold(layout, 64, [7])
    assert seen == Loose(why="systemd refuses to hold it (Call failed: Access denied)")
    assert asked(layout)[-1].startswith("busctl --user call")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    seen = group.hold(layout, 64, [7])
    assert seen == Loose(why="no control groups with the controller `memory` are mounted here")
