"""A package lock that is complete on every platform."""

from tools.npm_lock import Entries, complete


def test_a_build_for_another_platform_is_added() -> None:
    packages = {"node_modules/envio": {"version": "3", "optionalDependencies": {"envio-linux-arm64": "3"}}}
    assert complete(packages)["node_modules/envio-linux-arm64"] == {
        "version": "3",
        "optional": True,
        "cpu": ["arm64"],
        "os": ["linux"],
    }


def test_the_c_library_is_told_apart() -> None:
    packages = {"node_modules/a": {"optionalDependencies": {"@b/c-linux-x64-musl": "1.1.0"}}}
    assert complete(packages)["node_modules/@b/c-linux-x64-musl"]["libc"] == ["musl"]


def test_what_npm_wrote_is_left_as_it_is() -> None:
    """With its hash, wherever it is installed."""
    packages: Entries = {
        "node_modules/a": {"optionalDependencies": {"b-linux-x64": "1", "c-linux-x64": "1"}},
        "node_modules/b-linux-x64": {"version": "1", "integrity": "sha512-b"},
        "node_modules/a/node_modules/c-linux-x64": {"version": "1", "integrity": "sha512-c"},
    }
    assert complete(packages) == packages
