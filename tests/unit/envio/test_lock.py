"""A project's packages are those of its lock file, each known by its hash, or it is refused in words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from belts import envio
from belts.envio.release import LATEST
from tests.unit.envio.projects import a_lock, a_project

LOCK = "package-lock.json"


def refused(project: Path) -> list[tuple[str, str, str]]:
    with pytest.raises(envio.ProjectInvalid) as caught:
        envio.read(project, "config.yaml")
    return [(each.path, each.expected, each.got) for each in caught.value.mistakes]


def with_lock(**changes: Any) -> Callable[[Path], object]:
    return lambda project: (project / LOCK).write_text(json.dumps(a_lock(**changes)))


def with_file(name: str, text: str = "") -> Callable[[Path], object]:
    return lambda project: (project / name).write_text(text)


def instead(name: str) -> Callable[[Path], object]:
    return lambda project: (project / LOCK).rename(project / name)


def without(place: str) -> Callable[[Path], object]:
    def change(project: Path) -> None:
        content = a_lock()
        del content["packages"][place]
        (project / LOCK).write_text(json.dumps(content))

    return change


@pytest.mark.parametrize(
    ("change", "place", "expected", "got"),
    [
        (
            lambda project: (project / LOCK).unlink(),
            LOCK,
            "the lock file of npm or of pnpm",
            "none; `npm install",
        ),
        (instead("yarn.lock"), "yarn.lock", "the lock file of npm or of pnpm", "yarn.lock of yarn"),
        (instead("bun.lock"), "bun.lock", "the lock file of npm or of pnpm", "bun.lock of bun"),
        (instead("bun.lockb"), "bun.lockb", "the lock file of npm or of pnpm", "bun.lockb of bun"),
        (
            with_file("pnpm-lock.yaml"),
            LOCK,
            "and no other",
            "package-lock.json and pnpm-lock.yaml; keep the one that the project is installed by",
        ),
        (with_file("yarn.lock"), LOCK, "and no other", "package-lock.json and yarn.lock of yarn"),
        (with_file(LOCK, "{"), LOCK, "as npm 7 and later", "another"),
        (with_file(LOCK, '{"lockfileVersion": 1, "dependencies": {}}'), LOCK, "as npm 7", "another"),
        (without("node_modules/envio"), LOCK, f"envio {LATEST.version}", "no envio"),
        (
            with_lock(**{"node_modules/envio": {"version": "3.0.0", "integrity": "x"}}),
            LOCK,
            f"envio {LATEST.version}, as package.json pins it",
            "3.0.0",
        ),
        (
            with_lock(**{"node_modules/envio": {"version": LATEST.version, "integrity": "sha512-evil"}}),
            LOCK,
            f"envio as Envio {LATEST.version} was verified with: sha512-",
            f"envio@{LATEST.version}",
        ),
        (
            with_lock(**{"node_modules/a/node_modules/rescript": {"version": "11.1.4", "integrity": "x"}}),
            LOCK,
            f"rescript as Envio {LATEST.version} was verified with",
            "rescript@11.1.4",
        ),
        (
            with_lock(**{"node_modules/rescript": {"name": "evil", "version": "1", "integrity": "x"}}),
            LOCK,
            "rescript as Envio",
            "rescript@1",
        ),
        (
            with_lock(**{"node_modules/a/node_modules/rescript": {"version": "1", "inBundle": True}}),
            LOCK,
            "rescript as Envio",
            "rescript@1",
        ),
        (
            with_lock(**{"node_modules/b": {"version": "1", "inBundle": True}}),
            LOCK,
            "each by its `integrity`",
            "b@1",
        ),
        (without("node_modules/rescript"), LOCK, "rescript as Envio", "none"),
        (
            with_lock(**{f"node_modules/{next(iter(LATEST.builds))}": {"version": "1", "integrity": "evil"}}),
            LOCK,
            "was verified with",
            "@1",
        ),
        (
            with_lock(**{"node_modules/mine": {"resolved": "../mine", "link": True}}),
            LOCK,
            "packages of a registry, each by its `integrity`",
            "mine@../mine",
        ),
        (
            with_lock(**{"node_modules/git": {"version": "1", "resolved": "git+ssh://git@x/y.git#1"}}),
            LOCK,
            "each by its `integrity`",
            "git@1",
        ),
        (with_lock(generated={}), LOCK, "what `generated` depends on", "`npx envio codegen && npm install`"),
    ],
)
def test_what_is_refused(
    tmp_path: Path, change: Callable[[Path], object], place: str, expected: str, got: str
) -> None:
    """One mistake, at the file, which says what was expected and what stands there."""
    project = a_project(tmp_path)
    envio.read(project, "config.yaml")
    change(project)
    [(at, wanted, seen)] = refused(project)
    assert at == place
    assert expected in wanted
    assert got in seen


def test_a_build_for_another_machine_without_a_hash(tmp_path: Path) -> None:
    """It is not installed here: whether it may be is asked where it would be."""
    other: dict[str, Any] = {"version": "1", "optional": True, "os": ["darwin"]}
    with_lock(**{"node_modules/x-darwin": other})(a_project(tmp_path))
    envio.read(tmp_path, "config.yaml")


def test_packages_that_another_brings_along(tmp_path: Path) -> None:
    """They are known by the hash of what brings them."""
    with_lock(**{"node_modules/a/node_modules/b": {"version": "1", "inBundle": True}})(a_project(tmp_path))
    envio.read(tmp_path, "config.yaml")


def test_a_config_in_another_form(tmp_path: Path) -> None:
    """The form is named, and its keys are not told one by one."""
    text = "name: a\nnetworks:\n- {id: 1, start_block: 0, confirmed_block_threshold: 1, contracts: []}\n"
    project = a_project(tmp_path, config=text, files={"src/handlers/a.ts": ""})
    [(at, expected, got)] = refused(project)
    assert at == "config.yaml: networks"
    assert expected == f"`chains`, as configs of Envio {LATEST.version} have it"
    assert got == "a config in the form of another release"
