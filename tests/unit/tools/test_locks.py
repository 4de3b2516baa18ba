"""The locks: exact, hashed, complete, and free of any host."""

import json
import re

import pytest

from tools.checkout import this_checkout
from tools.npm_lock import complete

ROOT = this_checkout().root
PYTHON = ("requirements.txt", "requirements-dev.txt", "tools/pulumi/go.txt")
HASHES = r"(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+"
ENTRY = re.compile(rf"^(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^ ]+) \\\n{HASHES}", re.MULTILINE)


def _pins(name: str) -> dict[str, str]:
    return {entry["name"]: entry["version"] for entry in ENTRY.finditer((ROOT / name).read_text())}


@pytest.mark.parametrize("name", PYTHON)
def test_every_python_package_is_pinned_with_its_hashes(name: str) -> None:
    text = (ROOT / name).read_text()
    rest = [
        line for line in ENTRY.sub("", text).splitlines() if line.strip() and not line.strip().startswith("#")
    ]
    assert rest == []
    assert _pins(name)


@pytest.mark.parametrize("name", PYTHON)
def test_no_python_lock_names_a_host(name: str) -> None:
    assert not re.search(r"https?://|--index-url|--find-links|--trusted-host", (ROOT / name).read_text())


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_what_is_asked_for_is_locked(name: str) -> None:
    """Whoever asks for one more package runs make lock."""
    asked = re.findall(r"^([A-Za-z0-9][A-Za-z0-9._-]*)", (ROOT / f"{name}.in").read_text(), re.MULTILINE)
    assert {each.lower().replace("_", "-") for each in asked} <= set(_pins(f"{name}.txt"))


def test_both_python_locks_agree() -> None:
    """Tests run with what is run."""
    assert _pins("requirements.txt").items() <= _pins("requirements-dev.txt").items()


def test_the_node_lock_names_no_host_and_hashes_what_npm_fetches_here() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert [place for place, each in lock["packages"].items() if "resolved" in each] == []
    unhashed = [each for place, each in lock["packages"].items() if place and "integrity" not in each]
    assert [each for each in unhashed if not each.get("optional")] == []


def test_the_node_lock_holds_the_builds_of_every_platform() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert complete(packages, lambda _name, _version: None) == packages
    assert {f"node_modules/@foundry-rs/anvil-linux-{each}" for each in ("amd64", "arm64")} <= set(packages)


def test_the_node_lock_is_of_what_is_asked_for() -> None:
    asked = json.loads((ROOT / "package.json").read_text())
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"][""]
    for kind in ("dependencies", "devDependencies"):
        assert locked[kind] == asked[kind]
        assert all(re.fullmatch(r"\d+\.\d+\.\d+(-[a-z0-9.]+)?", version) for version in asked[kind].values())
