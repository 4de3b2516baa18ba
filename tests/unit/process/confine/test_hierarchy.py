"""Where control groups can be made: on hosts of both versions, in containers, below a limit."""

from pathlib import Path

import pytest

from belts.runtimes.process.confine import hierarchy
from belts.runtimes.process.confine.hierarchy import Parent, Version

V2, V1 = "cgroup2", "cgroup"


def host(at: Path, *, kind: str, root: str = "/", own: str = "/", controllers: str = "memory") -> Path:
    """One hierarchy, mounted in `at`, as /proc tells of it."""
    top = at / "cgroup"
    top.mkdir()
    if kind == V2:
        (top / "cgroup.controllers").write_text(f"cpu {controllers} pids\n")
    line = f"31 23 0:28 {root} {top} rw,relatime shared:9 - {kind} cgroup rw,{controllers}\n"
    (at / "mounts").write_text(f"22 1 0:2 / / rw - ext4 /dev/vda rw\n{line}")
    (at / "own").write_text(f"0::{own}\n" if kind == V2 else f"9:name=systemd:/else\n4:{controllers}:{own}\n")
    return top


@pytest.fixture(autouse=True)
def _told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hierarchy, "MOUNTS", tmp_path / "mounts")
    monkeypatch.setattr(hierarchy, "OWN", tmp_path / "own")


@pytest.mark.parametrize(("kind", "version"), [(V2, Version.TWO), (V1, Version.ONE)])
def test_a_host(tmp_path: Path, kind: str, version: Version) -> None:
    """Groups are made below the top: where this command runs ends with the session."""
    top = host(tmp_path, kind=kind, own="/user.slice/session-3.scope")
    assert hierarchy.parent("memory") == Parent(version=version, place=top)


@pytest.mark.parametrize(
    ("kind", "file", "limit"), [(V2, "memory.max", "1073741824"), (V1, "memory.limit_in_bytes", "1073741824")]
)
def test_a_limit_of_the_operator(tmp_path: Path, kind: str, file: str, limit: str) -> None:
    """Belts stay within it, however deep below it this command runs."""
    top = host(tmp_path, kind=kind, own="/belts.service/inner")
    (top / "belts.service" / "inner").mkdir(parents=True)
    (top / "belts.service" / file).write_text(limit)
    (top / "belts.service" / "inner" / file).write_text("max" if kind == V2 else "9223372036854771712")
    there = hierarchy.parent("memory")
    assert there is not None
    assert there.place == top / "belts.service"


def test_a_container(tmp_path: Path) -> None:
    """It is shown its own part of the hierarchy, and the kernel calls that by its whole name."""
    top = host(tmp_path, kind=V1, root="/docker/c0ffee", own="/docker/c0ffee")
    (top / "memory.limit_in_bytes").write_text("1073741824")
    there = hierarchy.parent("memory")
    assert there is not None
    assert there.place == top


def test_two_controllers_of_one_hierarchy(tmp_path: Path) -> None:
    """Version 1 may mount several together, and calls them by all their names."""
    top = host(tmp_path, kind=V1, own="/x", controllers="cpu,cpuacct")
    assert hierarchy.parent("cpuacct") == Parent(version=Version.ONE, place=top)


@pytest.mark.parametrize("kind", [V1, V2])
def test_no_controller(tmp_path: Path, kind: str) -> None:
    """Another hierarchy than that of memory is none."""
    host(tmp_path, kind=kind, controllers="hugetlb")
    assert hierarchy.parent("memory") is None


def test_nothing_is_mounted() -> None:
    """A host without control groups has no place for them."""
    assert hierarchy.parent("memory") is None
