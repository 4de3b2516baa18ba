"""Completes a package lock with the builds for other platforms that npm left out.

``npm ci`` refuses a lock in which an optional package is absent, on every machine. What is added is pinned by
its version alone: npm never fetches it here, and checks it there against what its own registry says.
"""

from typing import Any

SYSTEMS = frozenset({"darwin", "linux", "win32"})
PROCESSORS = {"arm64": "arm64", "x64": "x64", "amd64": "x64"}
LIBRARIES = {"gnu": "glibc", "musl": "musl"}

Entries = dict[str, dict[str, Any]]


def complete(packages: Entries) -> Entries:
    """The entries of a lock, with one for every optional package that has none."""
    added: Entries = {}
    for place, entry in packages.items():
        for name, version in entry.get("optionalDependencies", {}).items():
            key = f"node_modules/{name}"
            if key not in packages and f"{place}/{key}" not in packages:
                added[key] = {"version": version, "optional": True, **_platform(name)}
    return dict(sorted((packages | added).items()))


def _platform(name: str) -> dict[str, list[str]]:
    """What a package's name says of where it runs."""
    words = name.replace("/", "-").split("-")
    told = {
        "cpu": [PROCESSORS[word] for word in words if word in PROCESSORS],
        "libc": [LIBRARIES[word] for word in words if word in LIBRARIES],
        "os": [word for word in words if word in SYSTEMS],
    }
    return {key: values for key, values in told.items() if values}
