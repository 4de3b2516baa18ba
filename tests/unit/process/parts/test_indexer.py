"""How an indexer is started, by the generation of its release."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from belts.envio.release import RELEASES, EnvioRelease, release_of
from belts.runtimes.process import toolchain
from belts.runtimes.process.confine import landlock
from belts.runtimes.process.confine.cage import Cage
from belts.runtimes.process.files import sockets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.parts import indexer
from belts.runtimes.process.seed import handover
from belts.runtimes.process.seed.workspace import RUN, Workspace
from belts.runtimes.process.supervise import identity
from belts.runtimes.process.supervise.programs import Program
from belts.spec.engine import EmbeddedEngine
from belts.spec.indexer import Indexer
from belts.spec.postgres import Postgres

LATER = "3.8.0"
GUARDS = ["pinned.cjs", "loopback.cjs", "scram.cjs", "gauges.cjs"]


def space(home: Path, release: EnvioRelease | None) -> Workspace:
    assert release is not None
    (home / "project" / "src").mkdir(parents=True)
    (home / "project" / "src" / "points.ts").write_text("")
    return Workspace(home=home, packages=home / "packages", release=release)


def asked(where: Workspace) -> Indexer:
    return Indexer(project=where.project, digest="d", chains=(1,), port=9898, heap_mb=512)


NO_WALLS = Cage(user=None, hidden=(), read=(), write=())


def program(where: Workspace, monkeypatch: pytest.MonkeyPatch, *, cage: Cage = NO_WALLS) -> Program:
    monkeypatch.setattr(toolchain, "node", lambda: Path("/node"))
    monkeypatch.setattr(indexer, "launch_file", lambda: Path("/code/launch.py"))
    return indexer.program(
        asked(where),
        where,
        Postgres(port=5432),
        EmbeddedEngine(port=8080),
        Secrets({"indexer": "word", "admin": "word"}),
        host="/sockets",
        place=("1", 2),
        cage=cage,
    )


@pytest.mark.parametrize("hides", [True, False])
def test_an_ordinary_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, hides: bool) -> None:
    """Landlock knows no sockets: where it may, what it runs sees no other belt's, nor those of its host."""
    monkeypatch.setattr(handover, "user_of", lambda *_: None)
    monkeypatch.setattr(landlock, "version", lambda: 7)
    monkeypatch.setattr(identity, "may_hide", lambda: hides)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    root = Path("/var/lib")
    where = space(tmp_path / "home", RELEASES[next(iter(RELEASES))])
    monkeypatch.setattr(sockets, "make", lambda *_, **__: None)
    kept = handover.hand(Layout(root=root, belt="blue"), asked(where), where)
    assert ({root, Path("/tmp")} <= set(kept.hidden)) is hides
    assert sockets.for_indexer(Layout(root=root, belt="blue")) in kept.read
    for cage, user in ((kept, "namespace" if hides else "same"), (replace(kept, user=7), "same")):
        assert program(where, monkeypatch, cage=cage).user == user


@pytest.mark.parametrize("version", RELEASES)
def test_from_generated_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """Node itself, in the project, on the code that was made of it; all our guards before it."""
    found = program(space(tmp_path, RELEASES[version]), monkeypatch)
    node, *required, entry = found.argv
    assert node == "/node"
    assert [Path(word).name for word in required[:4]] == GUARDS
    assert required[4:] == [f"--require={name}" for name in RELEASES[version].preload]
    assert entry.startswith("generated/src/Index.res.")
    assert found.cwd == tmp_path / "project"
    assert found.env["TUI_OFF"] == "true"
    assert found.env["BELTS_ENVIO"] == version


def test_one_process_that_makes_its_own_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own starter, in a copy that it may write to; without the gauges, whose library it has not."""
    found = program(space(tmp_path, release_of(LATER)), monkeypatch)
    node, *required, entry, start = found.argv
    assert [Path(word).name for word in required] == GUARDS[:3]
    assert (entry, start) == (str(tmp_path / "node_modules" / "envio" / "bin.mjs"), "start")
    assert found.cwd == tmp_path / RUN
    assert (found.env["ENVIO_TUI"], found.env["ENVIO_CONFIG"]) == ("false", "config.yaml")
    assert "TUI_OFF" not in found.env
    assert (node, found.env["BELTS_ENVIO"]) == ("/node", LATER)


def test_the_copy_that_it_may_write_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made once, and kept: what it has put there stays; the project itself is not its to write."""
    monkeypatch.setattr(handover, "user_of", lambda *_: None)
    monkeypatch.setattr(handover, "_views_are_allowed", lambda: True)
    monkeypatch.setattr(handover, "_hidden", lambda *_: ())
    monkeypatch.setattr(identity, "may_hide", lambda: False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    where, layout = space(tmp_path / "home", release_of(LATER)), Layout(root=tmp_path, belt="blue")
    cage = handover.hand(layout, asked(where), where)
    assert cage.write == (where.home / handover.WORK, where.runs_in)
    assert (where.runs_in / "src" / "points.ts").exists()
    (where.runs_in / ".envio").mkdir()
    assert handover.hand(layout, asked(where), where) == cage
    assert (where.runs_in / ".envio").exists()
    assert sorted(place.name for place in where.home.iterdir()) == ["project", RUN, handover.WORK]
