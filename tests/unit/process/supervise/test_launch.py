"""What a program takes on before it becomes itself, on files that stand for the kernel's."""

import json
import os
import resource
from contextlib import nullcontext
from pathlib import Path

import pytest

from belts.runtimes.process.confine import landlock
from belts.runtimes.process.confine.cage import Cage
from belts.runtimes.process.supervise import launch


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> dict[int, tuple[int, int]]:
    """What would be set: this process keeps its own."""
    kept: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", kept.__setitem__)
    monkeypatch.setattr(resource, "getrlimit", lambda _of: (1024, 1_048_576))
    return kept


def spec(at: Path, name: str, **beside: object) -> Path:
    (at / "programs").mkdir(exist_ok=True)
    for file, content in beside.items():
        (at / f"{file}.json").write_text(json.dumps(content))
    return at / "programs" / name


@pytest.mark.parametrize("name", ["indexer.json", ".indexer.4711.json"])
def test_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: dict[int, tuple[int, int]], name: str
) -> None:
    """It enters the groups of its belt, takes the rank of its name and leaves no core, also as a tool."""
    ranked: list[tuple[int, int]] = []
    monkeypatch.setattr(launch, "rank_at", lambda pid, rank: ranked.append((pid, rank)))
    folders = {"memory": str(tmp_path / "m"), "pids": str(tmp_path / "p")}
    for folder in folders.values():
        Path(folder).mkdir()
    launch.confine(
        spec(tmp_path, name, confined={"folders": folders}, ranks={"ranks": {"": 1, "indexer": 5}})
    )
    assert [(Path(folder) / "cgroup.procs").read_text() for folder in folders.values()] == ["0", "0"]
    assert ranked == [(os.getpid(), 5)]
    assert limits == {resource.RLIMIT_CORE: (0, 0), resource.RLIMIT_NOFILE: (1024, 65_536)}


def test_a_group_that_is_gone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What serves comes up all the same, and its log says that nothing holds it."""
    launch.confine(spec(tmp_path, "engine.json", confined={"folders": {"memory": str(tmp_path / "gone")}}))
    assert "not held to its limits: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"folders": []}', '{"folders": {"m": 7}}', '{"ranks": {"": "x"}}']
)
def test_files_that_cannot_be_read(tmp_path: Path, damage: str) -> None:
    """None of them keeps a program down."""
    wanted = spec(tmp_path, "engine.json")
    for name in ("confined", "ranks"):
        (tmp_path / f"{name}.json").write_text(damage)
    launch.confine(wanted)


@pytest.mark.parametrize("needed", [True, False])
def test_a_kernel_without_landlock(monkeypatch: pytest.MonkeyPatch, *, needed: bool) -> None:
    """What it alone kept from being root does not start; what has another wall does."""
    monkeypatch.setattr(landlock, "version", lambda _here=None: 0)
    cage = Cage(user=None, hidden=(), read=(), write=(), needed=needed).spec()
    with pytest.raises(OSError, match="a kernel that has none") if needed else nullcontext():
        launch.keep_to_its_files(cage)
