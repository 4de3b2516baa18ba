"""Belts as services of systemd, against a strict stand-in: no host of ours was ever booted by systemd."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from belts.files import write_private_json
from belts.runtimes.process import toolchain
from belts.runtimes.process.confine import group, scope
from belts.runtimes.process.confine.group import Held
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import service, supervisord, systemd
from belts.runtimes.process.supervise.service import Service

STAND_IN = Path(__file__).with_name("stand_in.py")
MIB = 1024 * 1024


@dataclass(frozen=True)
class Systemd:
    """What the stand-in was asked, and what it has."""

    at: Path

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.at / "state.json").read_text())
        return found

    def set(self, **changes: object) -> None:
        (self.at / "state.json").write_text(json.dumps(self.state() | changes))

    def asked(self) -> list[str]:
        return [" ".join(words) for words in self.state()["asked"]]

    def units(self) -> list[str]:
        return sorted(file.name for file in systemd.folder().glob("*"))


@pytest.fixture(params=[0, 1000], ids=["root", "an ordinary user"])
def host(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Systemd]:
    at = tmp_path / "systemd"
    at.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: request.param)
    monkeypatch.setattr(systemd, "_name", lambda: "ada")
    monkeypatch.setattr(systemd, "SYSTEM", tmp_path / "etc")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(scope, "BOOTED", tmp_path)
    place = tmp_path / "groups" / "system.slice" / "a.service"
    place.mkdir(parents=True)
    for name, content in {"cgroup.procs": "", "memory.max": str(64 * MIB), "pids.max": "4096"}.items():
        (place / name).write_text(content)
    (place / "memory.current").write_text("0")
    (place / "memory.events").write_text("oom_kill 0")
    monkeypatch.setattr(scope, "GROUPS", tmp_path / "groups")
    for name in ("systemctl", "loginctl", "busctl"):
        program = at / name
        program.write_text(f"#!{sys.executable} -IS\n{STAND_IN.read_text()}")
        program.chmod(0o755)
    runtime = tmp_path / "run" / str(request.param)
    (runtime / "systemd").mkdir(parents=True)
    (runtime / "systemd" / "private").touch()
    monkeypatch.setattr(scope, "USERS", tmp_path / "run")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/of-somebody-else")
    empty: dict[str, Any] = {name: {} for name in ("read", "enabled", "active", "limits", "lingers")}
    state = empty | {"asked": [], "wrong": [], "refuses": False, "unreachable": False}
    state |= {"user": request.param != 0, "folder": str(systemd.folder()), "runtime": str(runtime)}
    (at / "state.json").write_text(json.dumps(state))
    monkeypatch.setenv("PATH", f"{at}:{os.environ['PATH']}")
    found = Systemd(at)
    yield found
    assert found.state()["wrong"] == []


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What is started without systemd; nothing here really is."""
    found: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", popen(found, subprocess.Popen))
    monkeypatch.setattr(supervisord, "wait_until_it_answers", lambda _: None)
    return found


def popen(found: list[list[str]], real: Callable[..., Any]) -> Callable[..., Any]:
    def started(argv: Any, *rest: Any, **named: Any) -> Any:
        if supervisord.MODULE in argv:
            found.append(list(argv))
            return None
        return real(argv, *rest, **named)

    return started


def belt(tmp_path: Path, name: str, part: str = "engine") -> Layout:
    layout = Layout(root=tmp_path / "hosts", belt=name)
    write_private_json(layout.request(part), {})
    layout.supervisor.mkdir()
    return layout


def test_a_belt_is_brought_up(host: Systemd, started: list[list[str]], tmp_path: Path) -> None:
    """Systemd starts its supervisor and its keeper, now and with the host; once more it only starts."""
    blue = belt(tmp_path, "blue")
    supervisord.ensure(blue)
    unit, keeper = systemd.unit(blue), systemd.keeper(blue.root).unit
    assert started == []
    assert set(host.state()["active"]) == set(host.state()["enabled"]) == {unit, keeper}
    assert host.units() == sorted([unit, keeper, service.GATEWAYS])
    assert bool(host.state()["lingers"]) is host.state()["user"]
    text = (systemd.folder() / unit).read_text()
    assert ("User=ada" in text) is not host.state()["user"]
    before = host.asked()
    supervisord.ensure(blue)
    asked = [line.split()[-2] for line in host.asked()[len(before) :]]
    assert asked == ["stop", "start", "start"]


def test_who_comes_first(host: Systemd, started: list[list[str]], tmp_path: Path) -> None:
    """A gateway is started before the target that every belt is started after."""
    for layout in (belt(tmp_path, "way", "caddy"), belt(tmp_path, "blue")):
        supervisord.ensure(layout)
        text = (systemd.folder() / systemd.unit(layout)).read_text()
        assert ("Before=belts-gateways.target\nWants=belts-gateways.target\n" in text) is (
            layout.belt == "way"
        )
        assert ("After=belts-gateways.target\n" in text) is (layout.belt == "blue")


def test_what_a_unit_says(host: Systemd, tmp_path: Path) -> None:
    """One that is ended for its memory ends no other; what a supervisor leaves is ended, not a keeper's."""
    one = Service(unit="belts-a.service", what="a", argv=("/bin/a",), cwd=tmp_path)
    text = service.text(one, user="ada", wanted_by="multi-user.target")
    for line in ("OOMPolicy=continue", "Delegate=yes", "KillMode=mixed", "Restart=always", "LimitCORE=0"):
        assert f"\n{line}\n" in text
    keeper = service.text(systemd.keeper(tmp_path), user="", wanted_by="default.target")
    assert "\nKillMode=process\n" in keeper
    assert ("\nRestartSec=1\n" in text, "\nRestartSec=30\n" in keeper) == (True, True)


def test_what_systemd_would_expand(tmp_path: Path) -> None:
    """No path means another one: not by a variable, a specifier, a quote or a backslash."""
    one = Service(unit="belts-a.service", what="100%", argv=("/a $b", '%c"' + "\\d"), cwd=Path("/a %b"))
    lines = service.text(one, user="", wanted_by="default.target").splitlines()
    assert r'ExecStart="/a $$b" "%%c\"\\d"' in lines
    assert "WorkingDirectory=/a %%b" in lines
    assert "Description=Belts: 100%%" in lines


def test_a_supervisor_that_runs_without_it(
    host: Systemd, started: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is left running: systemd starts it with the host from then on."""
    blue = belt(tmp_path, "blue")
    monkeypatch.setattr(supervisord, "pid", lambda _: 4711)
    supervisord.ensure(blue)
    assert systemd.unit(blue) in host.state()["enabled"]
    assert host.state()["active"] == {}


def test_systemd_refuses(
    host: Systemd, started: list[list[str]], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The belt comes up without it, and that is told."""
    host.set(refuses=True)
    supervisord.ensure(belt(tmp_path, "blue"))
    assert len(started) == 1
    assert "blue: systemd does not keep it: systemd refuses to start belts-blue-" in capfd.readouterr().err


def test_a_supervisor_that_systemd_starts_meanwhile(
    host: Systemd,
    started: list[list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """It rests before the place is cleared, so that none loses its socket; what it refuses is told."""
    blue = belt(tmp_path, "blue")
    supervisord.ensure(blue)
    unit = systemd.unit(blue)
    active: list[bool] = []
    clear = supervisord._clear_the_place

    def cleared(layout: Layout) -> None:
        active.append(unit in host.state()["active"])
        clear(layout)

    monkeypatch.setattr(supervisord, "_clear_the_place", cleared)
    supervisord.ensure(blue)
    assert active == [False]
    assert unit in host.state()["active"]
    host.set(unreachable=True)
    supervisord.ensure(blue)
    assert "blue: systemd may start it at the same time: systemd refuses to stop" in capfd.readouterr().err


def test_systemd_cannot_be_reached(
    host: Systemd, started: list[list[str]], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """That is told each time, and leaves no unit: the belt can be removed, and be systemd's later."""
    blue = belt(tmp_path, "blue")
    host.set(unreachable=True)
    for _ in range(2):
        supervisord.ensure(blue)
        assert "blue: systemd does not keep it" in capfd.readouterr().err
    assert systemd.unit(blue) not in host.units()
    supervisord.shut_down(blue)
    host.set(unreachable=False)
    supervisord.ensure(blue)
    assert systemd.unit(blue) in host.state()["active"]


@pytest.mark.parametrize("there", [True, False], ids=["its checkout is there", "its checkout is gone"])
def test_the_keeper_of_another_toolchain(
    host: Systemd, started: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    """What hands a belt over goes on keeping the directory; what is asked itself takes it, at once."""
    blue = belt(tmp_path, "blue")
    newer = tmp_path / "100% newer"
    newer.mkdir()
    keeper = systemd.keeper(blue.root)
    systemd.start(replace(keeper, cwd=newer))
    if not there:
        newer.rmdir()
    kept = systemd.folder() / keeper.unit
    monkeypatch.setenv(toolchain.HANDED_OVER, "1")
    supervisord.ensure(blue)
    assert ("100%% newer" in kept.read_text()) is there
    monkeypatch.delenv(toolchain.HANDED_OVER)
    supervisord.ensure(blue)
    assert f"WorkingDirectory={keeper.cwd}\n" in kept.read_text()
    assert len([line for line in host.asked() if line.endswith(f"try-restart --no-block {keeper.unit}")]) == 1


def test_another_unit_that_systemd_refuses(host: Systemd, tmp_path: Path) -> None:
    """The one that it knows stays: what it keeps can still be ended by it."""
    one = Service(unit="belts-a.service", what="a", argv=("/bin/a",), cwd=tmp_path)
    systemd.start(one)
    before = (systemd.folder() / one.unit).read_text()
    host.set(unreachable=True)
    with pytest.raises(OSError, match="refuses to daemon-reload"):
        systemd.install(replace(one, argv=("/bin/b",)))
    assert (systemd.folder() / one.unit).read_text() == before


def test_a_user_whose_systemd_has_ended(host: Systemd, started: list[list[str]], tmp_path: Path) -> None:
    """It keeps nothing: without it the unit goes, and the belt with it. Root's never ends."""
    blue = belt(tmp_path, "blue")
    supervisord.ensure(blue)
    for private in (tmp_path / "run").glob("*/systemd/private"):
        private.unlink()
    before = host.asked()
    supervisord.shut_down(blue)
    assert host.units() == []
    assert (host.asked() == before) is host.state()["user"]


def test_what_takes_long_to_end(
    host: Systemd, started: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is waited for as long as its unit is given."""
    blue = belt(tmp_path, "blue")
    supervisord.ensure(blue)
    waited: dict[str, float] = {}

    def run(_program: str, *arguments: str, seconds: float = scope.SECONDS, **_: object) -> str:
        waited[arguments[0]] = seconds
        return ""

    monkeypatch.setattr(scope, "run", run)
    supervisord.shut_down(blue)
    assert waited["disable"] > service.STOP_S
    assert waited["revert"] == scope.SECONDS


def test_a_belt_that_is_held(host: Systemd, started: list[list[str]], tmp_path: Path) -> None:
    """Its group is that of its service, whose limits last, as after a reboot nobody sets them."""
    blue = belt(tmp_path, "blue")
    supervisord.ensure(blue)
    wanted = Held(memory_mb=64, wanted_mb=64, taken_mb=0, ended=0, processes=4096)
    assert group.hold(blue, 64, [7, 8]) == wanted
    limits = {systemd.unit(blue): "MemoryMax=67108864 MemorySwapMax=0 TasksMax=4096"}
    assert host.state()["limits"] == limits
    assert host.asked()[-2].endswith(f"AttachProcessesToUnit ssau {systemd.unit(blue)}  2 7 8")


def test_belts_are_removed(host: Systemd, started: list[list[str]], tmp_path: Path) -> None:
    """Each takes its unit along, and the last one the keeper's."""
    blue, green = belt(tmp_path, "blue"), belt(tmp_path, "green")
    for layout in (blue, green):
        supervisord.ensure(layout)
    supervisord.shut_down(blue)
    keeper = systemd.keeper(blue.root).unit
    assert set(host.state()["active"]) == {systemd.unit(green), keeper}
    shutil.rmtree(blue.home)
    supervisord.shut_down(green)
    assert host.state()["active"] == host.state()["enabled"] == {}
    assert host.units() == []
    supervisord.shut_down(green)


@pytest.mark.parametrize("name", ["plain", "with blanks", 'a "quote"', "50%", "$HOME", "back\\slash", "ü"])
def test_a_directory_with_any_name(tmp_path: Path, name: str) -> None:
    """`systemd-analyze verify` has nothing to say of the units."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on this machine")
    root = tmp_path / name
    blue, way = Layout(root=root, belt="blue"), Layout(root=root, belt="way")
    write_private_json(way.request("caddy"), {})
    for layout in (blue, way):
        layout.supervisor.mkdir(parents=True, exist_ok=True)
    units = tmp_path / "units"
    units.mkdir()
    (units / service.GATEWAYS).write_text(service.GATEWAYS_TEXT)
    services = [supervisord._service(blue), supervisord._service(way), systemd.keeper(root)]
    for one in services:
        (units / one.unit).write_text(service.text(one, user="root", wanted_by="multi-user.target"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(units / one.unit) for one in services)],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in (done.stderr + done.stdout).splitlines() if "belts-" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


@pytest.mark.parametrize("name", ["a\nb", "a\tb", "a\x01b"])
def test_a_name_that_no_unit_can_hold(tmp_path: Path, name: str) -> None:
    """It is refused: a line break would begin another setting."""
    with pytest.raises(Refused, match="cannot be written into a unit"):
        service.text(systemd.keeper(tmp_path / name), user="root", wanted_by="multi-user.target")
