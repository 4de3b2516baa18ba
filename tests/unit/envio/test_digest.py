"""The digest names what a project indexes: it changes with all that decides it, and with nothing else."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from belts import envio
from belts.envio.release import LATEST, RELEASES
from tests.unit.envio.projects import SCHEMA, a_chain, a_config, a_contract, a_lock, a_project

Change = Callable[[Path], object]


def digest(project: Path) -> str:
    return envio.read(project, "config.yaml").digest


def write(name: str, text: str) -> Change:
    def change(project: Path) -> None:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)

    return change


def config(**changes: Any) -> Change:
    return write("config.yaml", yaml.safe_dump(a_config(**changes)))


def reordered(project: Path) -> None:
    content = yaml.safe_load((project / "config.yaml").read_text())
    reverse = yaml.safe_dump(dict(reversed(content.items())), sort_keys=False)
    (project / "config.yaml").write_text(f"# the same, backwards\n{reverse}")


def touched(project: Path) -> None:
    os.utime(project / "src" / "points.ts", (1, 1))
    (project / "src" / "points.ts").chmod(0o755)


def another_envio(project: Path) -> None:
    (project / "package.json").write_text(json.dumps({"dependencies": {"envio": "9.9.9"}}))
    (project / "package-lock.json").write_text(json.dumps(a_lock("9.9.9")))


def a_package() -> Any:
    return {"version": "1.0.0", "integrity": "sha512-x"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(config(chains=[a_chain(start_block=6)]), id="another start block"),
        pytest.param(config(chains=[a_chain(), a_chain(10)]), id="another chain"),
        pytest.param(config(rollback_on_reorg=False), id="another setting"),
        pytest.param(config(contracts=[a_contract(events=[{"event": "Transfer()"}])]), id="another event"),
        pytest.param(write("schema.graphql", SCHEMA + "type More { id: ID! }"), id="another schema"),
        pytest.param(write("src/points.ts", "// other"), id="another handler"),
        pytest.param(write("src/lib/deep/helper.ts", ""), id="a file that handlers can import"),
        pytest.param(write("src/prices.json", "{}"), id="data that handlers can import"),
        pytest.param(write("tsconfig.json", "{}"), id="other compiler settings"),
        pytest.param(write(".envio/cache/price.tsv", "1"), id="other answers of effects"),
        pytest.param(another_envio, id="another envio"),
        pytest.param(
            write("package-lock.json", json.dumps(a_lock(**{"node_modules/x": a_package()}))),
            id="another package that a package needs",
        ),
        pytest.param(
            write("package.json", json.dumps({"dependencies": {"envio": LATEST.version, "viem": "2.0.0"}})),
            id="another package for handlers",
        ),
    ],
)
def test_change_of_what_is_indexed(tmp_path: Path, change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    """What decides what is indexed changes the digest."""
    monkeypatch.setitem(RELEASES, "9.9.9", replace(LATEST, version="9.9.9"))
    project = a_project(tmp_path)
    before = digest(project)

    change(project)

    assert digest(project) != before


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(write("generated/src/Index.res.mjs", "x"), id="generated code"),
        pytest.param(write("node_modules/envio/index.js", "x"), id="installed packages"),
        pytest.param(write(".git/HEAD", "x"), id="git"),
        pytest.param(write("src/.points.ts.swp", "x"), id="an open editor"),
        pytest.param(write("src/points.ts~", "x"), id="an editor's copy"),
        pytest.param(write("src/.DS_Store", "x"), id="a file browser"),
        pytest.param(write("src/points.test.ts", "x"), id="a test of a handler"),
        pytest.param(write("config.green.yaml", "x"), id="another config"),
        pytest.param(write("README.md", "x"), id="words"),
        pytest.param(write(".env", "RPC_1=http://x"), id="the environment"),
        pytest.param(
            write(
                "package.json", f'{{ "scripts": {{}}, "dependencies": {{ "envio": "{LATEST.version}" }} }}'
            ),
            id="scripts",
        ),
        pytest.param(
            write(
                "package.json", json.dumps({"dependencies": {"envio": LATEST.version, "generated": "./g"}})
            ),
            id="where the generated code lies",
        ),
        pytest.param(reordered, id="order and comments of the config"),
        pytest.param(touched, id="times and modes"),
    ],
)
def test_change_of_something_else(tmp_path: Path, change: Change) -> None:
    """What does not decide what is indexed leaves the digest as it is."""
    project = a_project(tmp_path)
    before = digest(project)

    change(project)

    assert digest(project) == before


def test_content_moved_between_files(tmp_path: Path) -> None:
    """A file's end and the next one's beginning are no matter of taste: no content reads as another's."""
    one = a_project(tmp_path / "one", files={"src/a.ts": "1", "src/b.ts": "2"})
    other = a_project(tmp_path / "other", files={"src/a.ts": "1file src/b.ts2"})

    assert digest(one) != digest(other)


def test_handlers_beside_the_config(tmp_path: Path) -> None:
    """Handlers in no directory can import the code beside them: it counts too."""
    named = a_config(contracts=[a_contract(handler="handlers.ts")])
    project = a_project(tmp_path, config=named, files={"handlers.ts": "", "helper.ts": ""})
    before = digest(project)

    (project / "helper.ts").write_text("// other")

    assert digest(project) != before


BASE = {"envio": LATEST.version}
REACHED = {
    "a module outside of their directory": (
        {"src/points.ts": 'import { x } from "../lib/util";'},
        "lib/util.ts",
    ),
    "what that leads to": (
        {"src/points.ts": 'export * from "../lib/util";', "lib/util.ts": "require('../more/deep/x.js')"},
        "more/deep/x.js",
    ),
    "a module beside the config": ({"src/points.ts": 'import { x } from "../util.js";'}, "util.ts"),
    "one of several that a template names": ({"src/points.ts": "import(`../lib/${name}.ts`)"}, "lib/a.ts"),
    "data": ({"src/points.ts": 'readFileSync("data/prices.json")'}, "data/prices.json"),
    "what settings of the compiler extend": (
        {"tsconfig.json": '{ "extends": "./tsconfig.base.json" }', "tsconfig.base.json": ""},
        "tsconfig.base.json",
    ),
    "where settings of the compiler lead imports": (
        {"tsconfig.json": '{"compilerOptions": {"paths": {"@lib/*": ["lib/*"]}}}'},
        "lib/util.ts",
    ),
    "where package.json leads imports": (
        {"package.json": json.dumps({"dependencies": BASE, "imports": {"#lib/*": "./lib/*.ts"}})},
        "lib/util.ts",
    ),
    "package.json itself": ({"src/points.ts": 'import x from "../package.json"'}, "package.json"),
}


@pytest.mark.parametrize(("files", "path"), REACHED.values(), ids=REACHED)
def test_a_file_that_code_leads_to(tmp_path: Path, files: dict[str, str], path: str) -> None:
    """Whatever is run of a project decides, wherever it lies."""
    project = a_project(tmp_path, files=files)
    if not (project / path).exists():
        write(path, "{}")(project)
    before = envio.read(project, "config.yaml")
    there = (project / path).read_text()
    (project / path).write_text(f"{there} \n")

    after = envio.read(project, "config.yaml")

    assert path in before.files
    assert after.digest != before.digest


@pytest.mark.parametrize("key", ["imports", "exports"])
def test_imports_that_package_json_leads_elsewhere(tmp_path: Path, key: str) -> None:
    """The same files, and other code is run."""
    one, other = ({"dependencies": BASE, key: {"#x": f"./src/{name}.ts"}} for name in "ab")
    files = {"src/a.ts": "1", "src/b.ts": "2"}

    assert digest(a_project(tmp_path / "one", package=one, files=files)) != digest(
        a_project(tmp_path / "other", package=other, files=files)
    )


def test_what_settings_of_the_compiler_name_to_be_compiled(tmp_path: Path) -> None:
    """Compiled is much; run is what the code leads to."""
    project = a_project(tmp_path, files={"tsconfig.json": '{"include": ["./docs/**/*"]}', "docs/a.ts": ""})

    assert "docs/a.ts" not in envio.read(project, "config.yaml").files


def test_a_handler_by_a_roundabout_path(tmp_path: Path) -> None:
    """The directory that it is in counts, and not the one that its path begins with."""
    named = a_config(contracts=[a_contract(handler="abis/../src/points.ts")])
    project = a_project(tmp_path, config=named, files={"abis/a.json": "{}"})

    assert "src/points.ts" in envio.read(project, "config.yaml").files


def test_same_schema_written_otherwise(tmp_path: Path) -> None:
    """Comments and layout are no other schema, though the file that Envio reads is another."""
    one = envio.read(a_project(tmp_path / "one"), "config.yaml")
    other = envio.read(
        a_project(tmp_path / "two", files={"schema.graphql": "# one\ntype Transfer { id: ID! }"}),
        "config.yaml",
    )

    assert one.schema_digest == other.schema_digest
    assert one.digest != other.digest


names = st.from_regex(r"[a-z]{1,6}(/[a-z]{1,6})?\.(ts|json)", fullmatch=True)
contents = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)
trees = st.dictionaries(names, contents, max_size=5)


@settings(max_examples=60, deadline=None)
@given(one=trees, other=trees)
def test_any_two_trees(
    tmp_path_factory: pytest.TempPathFactory, one: dict[str, str], other: dict[str, str]
) -> None:
    """Two projects have one digest exactly when their files have one content, however written."""
    home = tmp_path_factory.mktemp("trees")
    first = a_project(home / "first", files={f"src/{name}": text for name, text in one.items()})
    second = a_project(home / "second", files={f"src/{name}": text for name, text in reversed(other.items())})
    try:
        same = {name: text.encode() for name, text in one.items()} == {
            name: text.encode() for name, text in other.items()
        }
        assert (digest(first) == digest(second)) is same
    finally:
        shutil.rmtree(home)


def test_a_copy_elsewhere(tmp_path: Path) -> None:
    """Where a project lies is no part of it."""
    project = a_project(tmp_path / "here")

    shutil.copytree(project, tmp_path / "there" / "deeper")

    assert digest(project) == digest(tmp_path / "there" / "deeper")
