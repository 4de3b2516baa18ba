"""Where on this host a control group with a controller can be made, under version 1 or 2.

A group is made below the deepest group around this process that has a limit of its own, so that no belt
escapes a limit set by the operator; if none has a limit, below the top of what is visible here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

MOUNTS, OWN = Path("/proc/self/mountinfo"), Path("/proc/self/cgroup")
UNLIMITED_V1 = 2**62
"""Version 1 writes "no limit" as a number near 2**63, rounded to pages."""


class Version(IntEnum):
    """The version of control groups; their file names differ."""

    ONE = 1
    TWO = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Parent:
    """A group below which others can be made."""

    version: Version
    place: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Mounted:
    """One hierarchy as it is mounted here, and this process's group in it."""

    version: Version
    top: Path
    own: Path


def parent(controller: str) -> Parent | None:
    """Where groups with this controller can be made; None if nowhere."""
    found = next(_mounted(controller, _text(MOUNTS), _text(OWN)), None)
    if found is None:
        return None
    around = [found.own, *found.own.parents]
    inside = [place for place in around if place != found.top and place.is_relative_to(found.top)]
    limited = next((place for place in inside if _has_limit(place, found.version, controller)), found.top)
    return Parent(version=found.version, place=limited)


def _mounted(controller: str, mounts: str, own: str) -> Iterator[Mounted]:
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        fields, kind = left.split(), right.split()
        if len(fields) < 5 or len(kind) < 3 or kind[0] not in {"cgroup", "cgroup2"}:
            continue
        root, top = fields[3], Path(fields[4].replace("\\040", " "))
        version = Version.TWO if kind[0] == "cgroup2" else Version.ONE
        offered = _text(top / "cgroup.controllers").split() if version is Version.TWO else kind[2].split(",")
        if controller in offered:
            yield Mounted(version=version, top=top, own=top / _inside(_path(own, version, controller), root))


def _path(own: str, version: Version, controller: str) -> str:
    """This process's group, as the kernel names it."""
    for line in own.splitlines():
        number, names, path = line.split(":", 2)
        if (number == "0" and not names) if version is Version.TWO else controller in names.split(","):
            return path
    return "/"


def _inside(path: str, root: str) -> str:
    """The same path below the mount, which in a container may show only a part of the hierarchy."""
    shown = path.removeprefix(root.rstrip("/")) if path.startswith(root.rstrip("/") + "/") else ""
    return (path if root == "/" else shown).strip("/")


def _has_limit(place: Path, version: Version, controller: str) -> bool:
    name = f"{controller}.limit_in_bytes" if version is Version.ONE and controller == "memory" else ""
    said = _text(place / (name or f"{controller}.max")).strip()
    return said.isdigit() and int(said) < UNLIMITED_V1


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
