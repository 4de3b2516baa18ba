"""`python -m belts plan`: two folders or revisions, three renderings, and exit codes that tell them apart."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from belts.runtimes.process.command import main
from tests.unit.envio.projects import ADDRESS, a_chain, a_config, a_project

AHEAD = a_chain(1, contracts=[{"name": "Points", "address": ADDRESS}])
OLD = a_config(chains=[AHEAD, a_chain(10, contracts=[])])
NEW_CONTRACT = {"name": "Points", "address": ADDRESS, "start_block": 90}
CHANGES: dict[str, tuple[dict[str, Any], int]] = {
    "nothing changes": ({}, 0),
    "free": ({"files": {"schema.graphql": "# said\ntype Transfer {\n  id: ID!\n}\n"}}, 0),
    "forward only": ({"files": {"src/points.ts": "other()\n"}}, 1),
    "fresh belt": ({"config": OLD | {"raw_events": True}}, 1),
    "unclear": ({"config": OLD | {"chains": [AHEAD, a_chain(10, contracts=[NEW_CONTRACT])]}}, 3),
}


def projects(tmp_path: Path, **edit: Any) -> tuple[str, str]:
    a_project(tmp_path / "old", config=OLD)
    a_project(tmp_path / "new", **({"config": OLD} | edit))
    return str(tmp_path / "old"), str(tmp_path / "new")


@pytest.mark.parametrize("name", CHANGES)
def test_a_change(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Its class is the first thing that is told, and the exit code tells whether anything is in the way."""
    edit, code = CHANGES[name]
    assert main(["plan", *projects(tmp_path, **edit)]) == code
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("fresh belt" if name == "unclear" else name)


def test_with_heights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where they are told, a contract ahead of them resumes, and one behind needs a fresh belt."""
    both = projects(tmp_path, **CHANGES["unclear"][0])
    assert main(["plan", *both, "--heights", "1=500,10=89"]) == 0
    assert main(["plan", *both, "--heights", "1=500,10=90"]) == 1
    assert "contract reached: Points on chain 10, from block 90; the belt is at 90" in capsys.readouterr().out


def test_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the word that an operator would say, and every reason."""
    main(["plan", *projects(tmp_path, **CHANGES["forward only"][0]), "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert (told["version"], told["class"], told["unclear"]) == (1, "forward only", [])
    assert told["word"].startswith("forward-")
    assert [each["what"] for each in told["reasons"]] == ["src/points.ts"]


def test_as_markdown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table in which no value breaks out of its cell."""
    config = OLD | {"description": "a | b ` c"}
    main(["plan", *projects(tmp_path, config=config | {"name": "p | q"}), "--format", "markdown"])
    out = capsys.readouterr().out
    assert '| fresh belt | setting | `name "points" → "p \\| q"` |' in out


def test_revisions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As git has them, whatever lies in the folder; the operator's index stays as it is."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"]
    place = a_project(tmp_path / "repo" / "indexer", config=OLD).parent
    monkeypatch.chdir(place)
    for step in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one"]):
        subprocess.run([*git, *step], check=True)
    (place / "indexer" / "src" / "points.ts").write_text("other()\n")
    index = (place / ".git" / "index").read_bytes()
    assert main(["plan", "HEAD:indexer", "HEAD:indexer/"]) == 0
    assert main(["plan", "HEAD:indexer", "indexer"]) == 1
    assert "handler code: src/points.ts" in capsys.readouterr().out
    assert (place / ".git" / "index").read_bytes() == index


@pytest.mark.parametrize("named", ["nowhere", "nowhere:indexer", "--output=x:y"])
def test_no_project(tmp_path: Path, capsys: pytest.CaptureFixture[str], named: str) -> None:
    """Said with what would be one, and told apart from a change that is refused."""
    old, _ = projects(tmp_path)
    assert main(["plan", old, named] if not named.startswith("-") else ["plan", "--", old, named]) == 2
    assert "expected: a directory, or REVISION:DIRECTORY" in capsys.readouterr().err


def test_a_project_with_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = projects(tmp_path, config="chains: []\n")
    assert main(["plan", old, new]) == 2
    assert "mistake" in capsys.readouterr().err


@pytest.mark.parametrize("heights", ["1", "1=", "one=2", "1=2=3", "1=-2"])
def test_heights_that_are_none(heights: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["plan", "a", "b", "--heights", heights])
    assert ended.value.code == 2
