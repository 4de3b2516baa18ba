"""Which packages of a lock file this machine runs, and so has to know by their hashes."""

import json
import platform
from pathlib import Path
from typing import Any

import pytest

from belts.envio.lock import lock_of
from belts.envio.locked import Lock
from belts.envio.npm import FILE
from belts.envio.release import LATEST
from belts.runtimes.process import toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.seed import packages
from belts.runtimes.process.seed.installers import without_usage
from tests.unit.envio.projects import a_lock, a_project


def installs(place: Path, monkeypatch: pytest.MonkeyPatch, **entry: Any) -> None:
    """Up to where npm is asked."""
    others: dict[str, Any] = {"node_modules/x": {"version": "1.0.0", "optional": True, **entry}}
    file = json.dumps(a_lock(**others))
    project = a_project(place / "project", files={FILE: file})
    lock = lock_of(project, LATEST, [])
    assert lock is not None
    monkeypatch.setattr(toolchain, "CHECKOUT", place)
    monkeypatch.setattr(packages, "_install", lambda *_: None)
    packages.installed(Layout(root=place, belt="blue"), project, lock)


@pytest.mark.parametrize(
    "entry",
    [
        {"os": ["linux"]},
        {"os": ["!win32"]},
        {"os": ["!win32", "linux"]},
        {"os": ["any"]},
        {"os": "linux"},
        {"cpu": ["!mips"]},
        {"os": ["linux"], "cpu": ["!mips"]},
    ],
    ids=str,
)
def test_a_package_for_this_machine_without_a_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: dict[str, Any]
) -> None:
    """npm would install it, whatever it is by now."""
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    with pytest.raises(Refused, match="known by no hash"):
        installs(tmp_path, monkeypatch, **entry)


def test_a_token_of_a_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there while npm works, wherever it stands, and nowhere after that."""
    project, own = a_project(tmp_path / "project"), tmp_path / "own"
    own.mkdir()
    (own / packages.SETTINGS).write_text("//packages.example/:_authToken=word\nscript-shell=/bin/x\n")
    seen: list[str] = []

    def npm(_layout: Layout, _lock: Lock, draft: Path) -> int:
        seen.append((draft / packages.SETTINGS).read_text())
        for name in ("envio", "generated"):
            (draft / "node_modules" / name).mkdir(parents=True)
        return 0

    monkeypatch.setattr(toolchain, "CHECKOUT", tmp_path)
    monkeypatch.setattr(packages, "_run", npm)
    lock = lock_of(project, LATEST, [])
    assert lock is not None
    place = packages.installed(Layout(root=tmp_path, belt="blue"), project, lock, settings=own)

    assert seen == ["//packages.example/:_authToken=word\n"]
    assert not [file for file in place.rglob("*") if file.is_file() and "word" in file.read_text()]


@pytest.mark.parametrize(
    "entry",
    [{"os": ["win32"]}, {"os": ["!linux"]}, {"os": "win32"}, {"os": ["linux", "!linux"]}, {"cpu": ["mips"]}],
    ids=str,
)
def test_a_package_for_other_machines_without_a_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: dict[str, Any]
) -> None:
    """npm leaves it out here, and no registry that was asked told its hash."""
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    installs(tmp_path, monkeypatch, **entry)


def test_the_end_of_a_log_of_npm() -> None:
    """It says which packages are missing, and not how the command is used."""
    log = (
        "npm error code EUSAGE\nnpm error\n"
        "npm error `npm ci` can only install packages when they are in sync.\nnpm error\n"
        "npm error Missing: envio-darwin-x64@ from lock file\nnpm error\n"
        "npm error Clean install a project\nnpm error\nnpm error Usage:\nnpm error Options:\n"
    )
    told = without_usage(log).splitlines()
    assert "npm error Missing: envio-darwin-x64@ from lock file" in told
    assert not [line for line in told if "Usage" in line or "Options" in line or "Clean install" in line]
