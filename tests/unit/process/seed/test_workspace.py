"""What of an Envio project an indexer is given."""

from pathlib import Path

from belts import envio
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.seed import packages, workspace
from belts.spec.indexer import Indexer, Profile
from tests.unit.envio.projects import a_project


def test_only_what_decides_is_copied(tmp_path: Path) -> None:
    """Code that depends on another file ends, and indexes nothing that the digest does not name."""
    files = {
        "src/points.ts": 'import { x } from "../lib/util";',
        "lib/util.ts": "export const x = 1;",
        "src/points.spec.ts": "",
        "elsewhere/data.json": "{}",
        ".env": "KEY=1",
        packages.SETTINGS: "//packages.example/:_authToken=word\n",
    }
    project = a_project(tmp_path / "project", files=files)
    found = envio.read(project, "config.yaml")
    request = Indexer(
        project=project,
        config="config.yaml",
        digest=found.digest,
        chains=found.chains,
        heap_mb=256,
        profile=Profile.BACKFILL,
        port=1,
    )
    home = Layout(root=tmp_path / "root", belt="blue").home

    workspace.copy(request, home)

    copied = {str(path.relative_to(home / workspace.PROJECT)) for path in home.rglob("*") if path.is_file()}
    assert copied == {*found.files}
    assert "lib/util.ts" in copied
    assert envio.read(home / workspace.PROJECT, "config.yaml").digest == found.digest
