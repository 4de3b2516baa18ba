"""Packages are installed once by a lock file, whole or not at all, whoever asks at the same time."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from belts.envio.lock import lock_of
from belts.envio.locked import Lock
from belts.envio.release import LATEST
from belts.runtimes.process import toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.seed import packages
from tests.live.hosts import CHECKOUT, Hosts, wait_until
from tests.unit.envio.projects import a_lock, a_project

pytestmark = pytest.mark.live

# What stands for npm: it notes how it was called, installs what is looked for, and waits where it is told to.
NPM = """
const { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } = require("node:fs")
const told = { argv: process.argv.slice(2), env: Object.keys(process.env), at: process.cwd() }
told.settings = existsSync(".npmrc") ? readFileSync(".npmrc", "utf8") : ""
told.package = JSON.parse(readFileSync("package.json", "utf8"))
appendFileSync("LOG", JSON.stringify(told) + "\\n")
if (existsSync("FAILS")) { console.error("the registry is away"); process.exit(3) }
for (const name of ["envio", "generated"]) mkdirSync(`node_modules/${name}`, { recursive: true })
if (existsSync("WAITS")) setTimeout(() => {}, 600_000)
"""


class Registry:
    """A stand-in for npm and what it reaches."""

    def __init__(self, home: Path) -> None:
        self.script, self.log = home / "npm.cjs", home / "calls"
        self.fails, self.waits = home / "fails", home / "waits"
        text = NPM.replace("LOG", str(self.log)).replace("FAILS", str(self.fails))
        self.script.write_text(text.replace("WAITS", str(self.waits)))

    def calls(self) -> list[dict[str, object]]:
        return list(map(json.loads, self.log.read_text().splitlines())) if self.log.exists() else []


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    found = Registry(tmp_path)
    node = toolchain.node()
    monkeypatch.setattr(toolchain, "node", lambda: node)
    monkeypatch.setattr(toolchain, "npm", lambda: found.script)
    monkeypatch.setattr(packages, "_store", lambda: _made(tmp_path / "store"))
    return found


@pytest.fixture
def layout(hosts: Hosts) -> Layout:
    found = Layout(root=hosts.root, belt="blue")
    found.home.mkdir()
    return found


def _made(store: Path) -> Path:
    store.mkdir(exist_ok=True)
    return store


def locked(project: Path, **changes: Any) -> Lock:
    (project / "package-lock.json").write_text(json.dumps(a_lock(**changes)))
    found = lock_of(project, LATEST, [])
    assert found is not None
    return found


def left(store: Path) -> list[str]:
    return [place.name for place in store.iterdir() if place.name.startswith(".")]


def test_many_who_ask_at_once(tmp_path: Path, registry: Registry, layout: Layout) -> None:
    """One installs, the others wait for it; whoever asks later needs no registry."""
    project = a_project(tmp_path / "project")
    lock = locked(project)
    with ThreadPoolExecutor(4) as threads:
        found = set(threads.map(lambda _: packages.installed(layout, project, lock), range(4)))
    assert len(found) == 1
    assert len(registry.calls()) == 1
    registry.fails.touch()
    assert packages.installed(layout, project, lock) in found
    assert left(tmp_path / "store") == []


def test_another_lock(tmp_path: Path, registry: Registry, layout: Layout) -> None:
    """One package more is another folder; a name of the project's, or a script of it, is none."""
    project = a_project(tmp_path / "project")
    first = packages.installed(layout, project, locked(project))
    more = {"node_modules/viem": {"version": "2.0.0", "integrity": "sha512-x"}}
    assert packages.installed(layout, project, locked(project, **more)) != first
    content = json.loads((project / "package.json").read_text()) | {"scripts": {"preinstall": "touch x"}}
    (project / "package.json").write_text(json.dumps(content))
    assert packages.installed(layout, project, locked(project)) == first
    assert len(registry.calls()) == 2


def test_how_npm_is_called(
    tmp_path: Path, registry: Registry, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the lock, with no script of any package, with no secret of a belt, and no setting that bends it."""
    monkeypatch.setenv("BELTS_SECRETS", "{}")
    monkeypatch.setenv("NODE_OPTIONS", "--require=/tmp/evil.cjs")
    content = {"scripts": {"postinstall": "touch x"}, "dependencies": {"envio": LATEST.version}}
    project = a_project(tmp_path / "project", package=content)
    (project / ".npmrc").write_text("cache=/etc\nregistry=https://registry.example/\nignore-scripts=false\n")
    place = packages.installed(layout, project, locked(project))
    [call] = registry.calls()
    argv = call["argv"]
    assert isinstance(argv, list)
    assert argv[0] == "ci"
    assert "--ignore-scripts" in argv
    assert call["package"] == {"dependencies": {"envio": LATEST.version}}
    assert call["settings"] == "registry=https://registry.example/\n"
    assert not {"BELTS_SECRETS", "NODE_OPTIONS"} & {*call["env"]}  # type: ignore[misc]
    assert not (place / ".npmrc").exists()


def test_a_registry_that_is_away(tmp_path: Path, registry: Registry, layout: Layout) -> None:
    """Refused with what npm said; the next try begins afresh, and nothing is left of the first."""
    project = a_project(tmp_path / "project")
    lock = locked(project)
    registry.fails.touch()
    with pytest.raises(Refused, match="cannot be installed by package-lock") as caught:
        packages.installed(layout, project, lock)
    assert "it ended with 3" in caught.value.seen
    assert "the registry is away" in str(caught.value)
    assert left(tmp_path / "store") == []
    registry.fails.unlink()
    packages.installed(layout, project, lock)


def test_a_package_without_a_hash(tmp_path: Path, registry: Registry, layout: Layout) -> None:
    """One that this machine would run is refused before anything is fetched."""
    entry = {"version": "1", "optional": True, "os": ["linux", "darwin"]}
    project = a_project(tmp_path / "project")
    lock = locked(project, **{"node_modules/native": entry})
    with pytest.raises(Refused, match="known by no hash") as caught:
        packages.installed(layout, project, lock)
    assert "native@1" in caught.value.seen
    assert registry.calls() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_end_in_the_middle(
    tmp_path: Path, registry: Registry, layout: Layout, number: signal.Signals
) -> None:
    """npm ends with who started it, and whoever asks next installs all of it."""
    project = a_project(tmp_path / "project")
    lock = locked(project)
    registry.waits.touch()
    script = (
        "import sys; from pathlib import Path\n"
        "from belts.envio.lock import lock_of; from belts.runtimes.process import toolchain\n"
        "from belts.runtimes.process.files.layout import Layout\n"
        "from belts.runtimes.process.seed import packages\n"
        "toolchain.npm = lambda: Path(sys.argv[1]); packages._store = lambda: Path(sys.argv[2])\n"
        "project = Path(sys.argv[3]); layout = Layout(root=Path(sys.argv[4]), belt='blue')\n"
        "packages.installed(layout, project, lock_of(project, None, []))\n"
    )
    store = _made(tmp_path / "store")
    words = [registry.script, store, project, layout.root]
    with subprocess.Popen(
        [sys.executable, "-c", script, *map(str, words)], cwd=CHECKOUT, stderr=subprocess.DEVNULL
    ) as asked:
        wait_until(lambda: list(store.glob(".*/node_modules/generated")), "npm is at work")
        os.kill(asked.pid, number)
    wait_until(lambda: not _npm_runs(registry), "npm has ended")
    assert [place for place in store.iterdir() if (place / packages.WHOLE).exists()] == []
    registry.waits.unlink()
    assert (packages.installed(layout, project, lock) / packages.WHOLE).exists()
    assert left(store) == []


def _npm_runs(registry: Registry) -> bool:
    wanted = str(registry.script).encode()
    return any(
        wanted in place.read_bytes() for place in Path("/proc").glob("[0-9]*/cmdline") if _is_node(place)
    )


def _is_node(place: Path) -> bool:
    try:
        return place.read_bytes().split(b"\0")[0].endswith(b"node")
    except OSError:
        return False
