"""pnpm's lock file: the packages that it installs, by their hashes and by every name that code imports."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from belts import envio
from belts.envio import pnpm
from belts.envio.lock import lock_of
from belts.envio.release import LATEST
from belts.reading.mistakes import Mistake
from tests.unit.envio.projects import a_pnpm_lock, a_project

RESCRIPT = LATEST.tools["rescript"]
EVIL = {"evil@1.0.0": {"resolution": {"integrity": "sha512-evil"}}}


def project(place: Path, lock: dict[str, Any]) -> Path:
    written = a_project(place, files={pnpm.FILE: yaml.safe_dump(lock)})
    (written / "package-lock.json").unlink()
    return written


def mistakes(place: Path, **changes: Any) -> list[str]:
    found: list[Mistake] = []
    lock_of(project(place, a_pnpm_lock(**changes)), LATEST, found)
    return [str(each) for each in found]


def test_a_project(tmp_path: Path) -> None:
    """It is read as one with npm's lock is, and its lock counts in its digest."""
    read = envio.read(project(tmp_path / "one", a_pnpm_lock()), "config.yaml")
    assert read.lock == pnpm.FILE
    assert pnpm.FILE in read.files
    more = a_pnpm_lock(packages={"viem@2.0.0": {"resolution": {"integrity": "sha512-y"}}})
    assert envio.read(project(tmp_path / "two", more), "config.yaml").digest != read.digest
    flat = a_pnpm_lock(snapshots={"envio@other": {"dependencies": {"viem": "1.0.0"}}})
    assert envio.read(project(tmp_path / "three", flat), "config.yaml").digest != read.digest


def test_what_the_generated_code_asks_for(tmp_path: Path) -> None:
    lock = lock_of(project(tmp_path, a_pnpm_lock()), LATEST, [])
    assert lock is not None
    assert lock.generated_needs == {"envio": LATEST.version}
    assert lock.settings == {"autoInstallPeers": True, "excludeLinksFromLockfile": False}


def test_settings_of_the_workspace(tmp_path: Path) -> None:
    """pnpm takes a lock for its own only where the workspace says the same."""
    catalog = {"default": {"viem": {"specifier": "2.0.0", "version": "2.0.0"}}}
    lock = pnpm.lock(yaml.safe_dump(a_pnpm_lock(overrides={"ws": "8.0.0"}, catalogs=catalog)))
    assert lock.settings["overrides"] == {"ws": "8.0.0"}
    assert lock.settings["catalogs"] == {"default": {"viem": "2.0.0"}}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"packages": {"x@1.0.0": {"resolution": {"repo": "r", "commit": "c", "type": "git"}}}},
            "x@1.0.0",
        ),
        (
            {"packages": {"x@1.0.0": {"resolution": {"integrity": "sha512-x", "type": "git", "repo": "r"}}}},
            "x@1.0.0",
        ),
        ({"packages": {"x@file:../x": {"resolution": {"directory": "../x", "type": "directory"}}}}, "x@file"),
        ({"packages": {"rescript@1.0.0": {"resolution": {"integrity": "sha512-evil"}}}}, "rescript@1.0.0"),
        (
            {"packages": EVIL, "snapshots": {"envio@x": {"dependencies": {"rescript": "evil@1.0.0"}}}},
            "rescript as Envio",
        ),
        (
            {"packages": EVIL, "importers": {"generated": {"dependencies": {"rescript": {"specifier": "x",
             "version": "evil@1.0.0(react@19.2.0)"}}}}},
            "rescript as Envio",
        ),
        ({"snapshots": {"envio@x": {"dependencies": {"rescript": "link:../evil"}}}}, "rescript"),
        ({"importers": {"generated": {}, ".": {"dependencies": {"x": {"specifier": "link:../x",
          "version": "link:../x"}}}}}, "x@link:../x"),
        ({"patchedDependencies": {"viem@2.0.0": {"hash": "h", "path": "p"}}}, "patchedDependencies"),
        ({"packageExtensionsChecksum": "sha256-x"}, "packageExtensionsChecksum"),
        ({"pnpmfileChecksum": "sha256-x"}, "pnpmfileChecksum"),
    ],
    ids=[
        *("git", "git with a hash", "directory", "another compiler", "a compiler by another name"),
        *("the same of the generated code", "a link below", "a link", "patches", "extensions", "hooks"),
    ],
)  # fmt: skip
def test_what_no_hash_holds(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    """Whatever pnpm would put there that is not what was looked at."""
    assert any(told in each for each in mistakes(tmp_path, **changes))


def test_an_alias(tmp_path: Path) -> None:
    """A package by another name is one like any other, where its hash is known."""
    packages = {"string-width@4.2.3": {"resolution": {"integrity": "sha512-z"}}}
    snapshots = {"envio@x": {"dependencies": {"string-width-cjs": "string-width@4.2.3"}}}
    assert mistakes(tmp_path, packages=packages, snapshots=snapshots) == []
    lock = lock_of(tmp_path, LATEST, [])
    assert lock is not None
    assert ("string-width-cjs", "sha512-z") in {(each.name, each.integrity) for each in lock.packages}


def test_nothing_of_the_generated_code(tmp_path: Path) -> None:
    lock = a_pnpm_lock()
    del lock["importers"]["generated"]
    found: list[Mistake] = []
    lock_of(project(tmp_path, lock), LATEST, found)
    assert "pnpm envio codegen && pnpm install" in str(found)
    assert "pnpm-workspace.yaml" in str(found)


@pytest.mark.parametrize("version", ["5.4", "6.0", "10.0", 9])
def test_another_version(tmp_path: Path, version: object) -> None:
    assert any(pnpm.FORM in each for each in mistakes(tmp_path, lockfileVersion=version))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(section=st.sampled_from([*a_pnpm_lock(), "catalogs", "overrides"]), value=ANYTHING)
def test_any_junk(tmp_path_factory: pytest.TempPathFactory, section: str, value: object) -> None:
    """A file of any form is read, or told in words."""
    place = project(tmp_path_factory.mktemp("junk"), {**a_pnpm_lock(), section: value})
    lock_of(place, LATEST, [])
