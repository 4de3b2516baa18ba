"""The place an indexer runs in: its code is generated with what is compiled already."""

from pathlib import Path

import pytest

from belts import envio
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.seed import workspace
from belts.spec.indexer import Indexer, Profile
from tests.live import world
from tests.live.hosts import Hosts

pytestmark = pytest.mark.live

CONFIG = "config.blue.yaml"
COMPILED = ("envio", "rescript-schema", "rescript-envsafe")
"""Packages that codegen compiles where they lie."""


def test_packages_are_compiled_once(hosts: Hosts) -> None:
    """Whichever belt generates its code, and wherever it lives: what others run is not written anew."""
    first = prepared(hosts, "blue")
    before = compiled(first)
    second = prepared(hosts, "green")

    assert compiled(second) == before
    assert before
    assert first != second
    assert code(second) == code(first)
    assert "src/Index.res.mjs" in code(first)


def prepared(hosts: Hosts, belt: str) -> Path:
    layout = Layout(root=hosts.root, belt=belt)
    env = {f"BELTS_RPC_{chain}": f"http://127.0.0.1:{chain}" for chain in world.BLUE}
    project = envio.read(world.PROJECT, CONFIG)
    request = Indexer(
        project=world.PROJECT,
        config=CONFIG,
        digest=project.digest,
        chains=tuple(sorted(world.BLUE)),
        heap_mb=256,
        profile=Profile.BACKFILL,
        port=1,
    )
    return workspace.prepare(layout, request, env, secrets.ensure(layout)).project


def compiled(project: Path) -> dict[Path, int]:
    """When each compiled file of the packages was written last."""
    modules = (project.parent / "node_modules").resolve()
    return {
        path: path.stat().st_mtime_ns
        for name in COMPILED
        for path in sorted((modules / name / "lib" / "ocaml").glob("*.cm[ijt]"))
    }


def code(project: Path) -> dict[str, str]:
    """What node runs of the generated code."""
    generated = project / "generated"
    return {str(path.relative_to(generated)): path.read_text() for path in generated.rglob("*.mjs")}
