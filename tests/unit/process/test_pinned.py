"""A belt is run by the Envio that is known, that its project pins and that wrote its data; else by none."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from belts.envio.release import LATEST, RELEASES
from belts.runtimes.process import toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.seed import seed_note, seeding
from belts.runtimes.process.supervise import launch
from belts.runtimes.process.wire.request import Request, from_json
from belts.spec.indexer import Indexer

OTHER = "9.9.9"
GUARD = Path(launch.__file__).with_name("pinned.cjs")


def install(modules: Path, version: str) -> None:
    (modules / "envio").mkdir(parents=True, exist_ok=True)
    (modules / "envio" / "package.json").write_text(json.dumps({"version": version}))


def asked(tmp_path: Path, *, pin: str = LATEST.version) -> Request:
    project = tmp_path / "project"
    project.mkdir(exist_ok=True)
    (project / "package.json").write_text(json.dumps({"dependencies": {"envio": pin}}))
    common = {"version": 1, "part": "indexer", "root": str(tmp_path / "hosts"), "belt": "blue"}
    fields = {"project": str(project), "digest": "d", "chains": [1], "heapMb": 512, "port": 5432}
    return from_json(common | fields)


def check(request: Request) -> None:
    assert isinstance(request.body, Indexer)
    seed_note.check(request.layout, request.body)


def note(request: Request, state: str, version: str = LATEST.version) -> None:
    """The belt's own note of its seeding."""
    request.layout.of_part("postgres").mkdir(parents=True)
    assert isinstance(request.body, Indexer)
    seed_note.write(request.layout, request.body, state, version)


def refusal(request: Request) -> Refused:
    with pytest.raises(Refused) as caught:
        check(request)
    return caught.value


def test_all_agree(tmp_path: Path) -> None:
    request = asked(tmp_path)
    check(request)
    note(request, seeding.PROVED)
    check(request)


def test_a_project_that_was_upgraded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a belt with data it is refused, however well the release is known."""
    note(asked(tmp_path), seeding.PROVED)
    monkeypatch.setitem(RELEASES, OTHER, replace(LATEST, version=OTHER))
    told = refusal(asked(tmp_path, pin=OTHER))
    assert "rule: a belt that holds data keeps its release" in told.what
    assert (LATEST.version in told.expected, OTHER in told.seen) == (True, True)
    assert "bring up a fresh belt" in told.now


def test_a_seed_that_was_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds nothing: whatever the project pins may seed it."""
    note(asked(tmp_path), seeding.STARTED)
    monkeypatch.setitem(RELEASES, OTHER, replace(LATEST, version=OTHER))
    check(asked(tmp_path, pin=OTHER))


def test_a_release_that_is_not_known(tmp_path: Path) -> None:
    """Named, with what is known and how another is verified."""
    told = refusal(asked(tmp_path, pin=OTHER))
    assert "pins no release of Envio that belts run" in told.what
    assert LATEST.version in told.expected
    assert OTHER in told.seen
    assert "to verify another one" in told.now


@pytest.mark.parametrize(
    ("installed", "seeded", "starts"),
    [
        (LATEST.version, LATEST.version, True),
        (OTHER, LATEST.version, False),
        (None, LATEST.version, False),
        (LATEST.version, None, False),
    ],
)
def test_every_start(tmp_path: Path, installed: str | None, seeded: str | None, *, starts: bool) -> None:
    """The indexer's process itself looks at what it is about to load, and ends before it does."""
    code = tmp_path / "project" / "generated" / "src" / "Index.res.mjs"
    code.parent.mkdir(parents=True)
    code.write_text('console.log("indexing")\n')
    if installed:
        install(tmp_path / "node_modules", installed)
    done = subprocess.run(
        [toolchain.node(), f"--require={GUARD}", code],
        env={} if seeded is None else {"BELTS_ENVIO": seeded},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0, done.stdout) == ((True, "indexing\n") if starts else (False, ""))
    if not starts:
        for word in ("does not start", "expected:", f"seen:     Envio {installed or 'none'}", "now:"):
            assert word in done.stderr


def test_a_thread_of_the_indexer(tmp_path: Path) -> None:
    """Node's own threads, as those that compile handlers, load it too: the process was looked at already."""
    code = tmp_path / "project" / "index.mjs"
    code.parent.mkdir()
    install(tmp_path / "node_modules", LATEST.version)
    code.write_text(
        'import { register } from "node:module"\n'
        'register("data:text/javascript,export const resolve = (a, b, next) => next(a, b)")\n'
        'await import("node:fs")\nconsole.log("indexing")\n'
    )
    done = subprocess.run(
        [toolchain.node(), f"--require={GUARD}", code],
        env={"BELTS_ENVIO": LATEST.version},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "indexing\n")
