"""A package lock that is complete on every platform, and knows each package by its hash."""

import json
from pathlib import Path

import pytest

from tools.checkout import Checkout
from tools.failure import SetupFailed
from tools.machine import Machine
from tools.node_packages import WHOLE, NodePackages
from tools.npm_lock import Entries, complete, unpinned
from tools.program import Programs, Running
from tools.progress import Lane

ROOT = Path(__file__).resolve().parents[3]
NOT_TOLD = {  # the registry that the lock was made with does not have these builds
    "@envio-dev/hypersync-client-darwin-arm64@1.3.0",
    "@envio-dev/hypersync-client-darwin-x64@1.3.0",
    "@envio-dev/hypersync-client-linux-arm64-gnu@1.3.0",
    "envio-darwin-arm64@3.0.0-alpha.21",
    "envio-darwin-x64@3.0.0-alpha.21",
    "envio-linux-arm64@3.0.0-alpha.21",
}
AMD64, ARM64 = (Machine(system="linux", processor=each) for each in ("amd64", "arm64"))


def _nobody(_name: str, _version: str) -> None:
    """A registry that knows nothing."""


def _locked() -> Entries:
    packages: Entries = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    return packages


def test_a_build_for_another_platform_is_added() -> None:
    packages = {"node_modules/envio": {"version": "3", "optionalDependencies": {"envio-linux-arm64": "3"}}}
    assert complete(packages, _nobody)["node_modules/envio-linux-arm64"] == {
        "version": "3",
        "optional": True,
        "cpu": ["arm64"],
        "os": ["linux"],
    }


def test_the_c_library_is_told_apart() -> None:
    packages = {"node_modules/a": {"version": "1", "optionalDependencies": {"@b/c-linux-x64-musl": "1.1.0"}}}
    assert complete(packages, _nobody)["node_modules/@b/c-linux-x64-musl"]["libc"] == ["musl"]


def test_what_npm_wrote_is_left_as_it_is() -> None:
    """With its hash, wherever it is installed."""
    packages: Entries = {
        "node_modules/a": {"version": "1", "optionalDependencies": {"b-linux-x64": "1", "c-linux-x64": "1"}},
        "node_modules/b-linux-x64": {"version": "1", "integrity": "sha512-b"},
        "node_modules/a/node_modules/c-linux-x64": {"version": "1", "integrity": "sha512-c"},
    }
    assert complete(packages, _nobody) == packages


def test_the_registry_is_asked_for_hashes() -> None:
    """By name and version, and only for what has none; what it does not know stays without."""
    asked: list[tuple[str, str]] = []

    def tell(name: str, version: str) -> str | None:
        asked.append((name, version))
        return "sha512-x" if name == "@b/c-linux-arm64" else None

    packages: Entries = {
        "": {"version": "1"},
        "node_modules/a": {"version": "1", "integrity": "sha512-a"},
        "node_modules/a/node_modules/@b/c-linux-arm64": {"version": "2"},
        "node_modules/d": {"version": "3"},
    }
    whole = complete(packages, tell)
    assert sorted(asked) == [("@b/c-linux-arm64", "2"), ("d", "3")]
    assert whole["node_modules/a/node_modules/@b/c-linux-arm64"]["integrity"] == "sha512-x"
    assert "integrity" not in whole["node_modules/d"]
    assert "integrity" not in whole[""]


def test_every_package_of_the_lock_has_its_hash() -> None:
    """But for what the registry did not tell, by name: on machines that need those, setup refuses."""
    missing = {
        f"{place.rpartition('node_modules/')[2]}@{entry['version']}"
        for place, entry in _locked().items()
        if place and not entry.get("integrity", "").startswith("sha512-")
    }
    assert missing == NOT_TOLD


def test_what_a_machine_would_get_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.libc_ver", lambda: ("glibc", "2.36"))
    assert unpinned(_locked(), AMD64) == []
    assert set(unpinned(_locked(), ARM64)) == {each for each in NOT_TOLD if "linux-arm64" in each}
    monkeypatch.setattr("platform.libc_ver", lambda: ("", ""))
    assert set(unpinned(_locked(), AMD64)) == {each for each in NOT_TOLD if "musl" in each}


@pytest.mark.parametrize("let_in", [False, True])
def test_setup_on_such_a_machine(checkout: Checkout, lane: Lane, *, let_in: bool) -> None:
    """It is refused before npm is asked for anything, unless the operator takes it by its name."""
    locked = {"node_modules/envio-linux-arm64": {"version": "3", "cpu": ["arm64"], "os": ["linux"]}}
    (checkout.root / "package-lock.json").write_text(json.dumps({"packages": locked}))
    packages = NodePackages(
        checkout=checkout,
        programs=Programs(running=Running(), logs=checkout.logs),
        machine=ARM64,
        environ={"BELTS_UNPINNED": "pulumi, node-packages"} if let_in else {},
    )
    with pytest.raises(SetupFailed) as refused:
        packages.run(lane)
    assert ("envio-linux-arm64@3" in refused.value.seen) is not let_in
    assert ("BELTS_UNPINNED=node-packages make setup" in refused.value.now) is not let_in


def test_scripts_run_by_name_alone() -> None:
    """npm refuses a package that brings another; what package.json names is what the lock says has one."""
    named = json.loads((ROOT / "package.json").read_text())["allowScripts"]
    bring = {
        place.rpartition("node_modules/")[2]
        for place, each in _locked().items()
        if each.get("hasInstallScript")
    }
    assert {name for name, may in named.items() if may} == bring
    assert {"--strict-allow-scripts", "--no-dangerously-allow-all-scripts"} <= set(WHOLE)
