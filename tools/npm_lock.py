"""Completes a package lock with the builds for other platforms that npm left out.

``npm ci`` refuses a lock in which an optional package is missing, on every machine. What is added gets its
hash from the registry. If the registry does not know it, setup refuses it on the machines that it is for.
"""

import platform
from collections.abc import Callable
from typing import Any

from tools.machine import Machine

SYSTEMS = frozenset({"darwin", "linux", "win32"})
PROCESSORS = {"arm64": "arm64", "x64": "x64", "amd64": "x64"}
LIBRARIES = {"gnu": "glibc", "musl": "musl"}

Entries = dict[str, dict[str, Any]]


def complete(packages: Entries, integrity: Callable[[str, str], str | None]) -> Entries:
    """The entries of a lock, with one for every optional package without one, each with its hash.

    `integrity` returns the registry's hash for a name and a version, or None.
    """
    added: Entries = {}
    for place, entry in packages.items():
        for name, version in entry.get("optionalDependencies", {}).items():
            key = f"node_modules/{name}"
            if key not in packages and f"{place}/{key}" not in packages:
                # Some write a version like its tag, which is not a version in a lock.
                added[key] = {"version": version.removeprefix("v"), "optional": True, **_platform(name)}
    whole = packages | added
    for place, entry in whole.items():
        if "node_modules/" in place and "integrity" not in entry and not entry.get("link"):
            name = place.rpartition("node_modules/")[2]
            if told := integrity(name, entry["version"]):
                whole[place] = {**entry, "integrity": told}
    return dict(sorted(whole.items()))


def unpinned(packages: Entries, machine: Machine) -> list[str]:
    """What npm would fetch on this machine without checking a hash."""
    return [
        f"{place.rpartition('node_modules/')[2]}@{entry['version']}"
        for place, entry in packages.items()
        if "node_modules/" in place
        and "integrity" not in entry
        and not entry.get("link")
        and _is_for(entry, machine)
    ]


def _is_for(entry: dict[str, Any], machine: Machine) -> bool:
    here = {
        "os": machine.system,
        "cpu": PROCESSORS[machine.processor],
        "libc": "glibc" if platform.libc_ver()[0] == "glibc" else "musl",
    }
    return all(value in entry.get(key, [value]) for key, value in here.items())


def _platform(name: str) -> dict[str, list[str]]:
    """The platform that a package's name states."""
    words = name.replace("/", "-").split("-")
    told = {
        "cpu": [PROCESSORS[word] for word in words if word in PROCESSORS],
        "libc": [LIBRARIES[word] for word in words if word in LIBRARIES],
        "os": [word for word in words if word in SYSTEMS],
    }
    return {key: values for key, values in told.items() if values}
