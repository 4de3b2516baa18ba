"""The alias on a file system that has run full, for real: a small one in memory."""

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from belts.runtimes.process.files import ballast
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.host import Host
from gate.alias.directory import Directory
from gate.alias.state import Standing, first

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system"),
]
SIZE = 8 * 1024 * 1024
NOW = datetime(2027, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """Blue, green and a gateway on a disk of 8 MB; blue serves."""
    monkeypatch.setattr(ballast, "BYTES", SIZE // 8)
    root = tmp_path / "hosts"
    root.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(root)], check=True)
    try:
        for name in ("blue", "green", "gateway"):
            (root / name / "leases").mkdir(parents=True)
        host = Host(root)
        host.expect("blue", gateway="gateway")
        alias(host).swap(first(standing("blue"), since=NOW.isoformat(), move=1, certificate="c1"))
        host.serve("blue", gateway="gateway")
        yield host
    finally:
        subprocess.run(["umount", str(root)], check=True)


def alias(host: Host) -> Directory:
    return Directory(path=host.root / "gateway" / "alias", gateway="gateway")


def standing(belt: str) -> Standing:
    return Standing(belt=belt, identity=belt * 8, dial="127.0.0.1:1", heights={1: 1})


def fill(host: Host) -> None:
    """To the last byte."""
    with (host.root / "eaten").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return


def move(host: Host) -> None:
    before = alias(host).read()
    assert before is not None
    host.expect("green", gateway="gateway")
    alias(host).swap(
        before.promoted(standing("green"), left={1: 1}, since=NOW.isoformat(), move=2, certificate="c2")
    )
    host.serve("green", gateway="gateway")
    host.soak("blue", gateway="gateway", until=NOW + timedelta(hours=1))


def test_the_alias_moves_on_a_full_disk(host: Host) -> None:
    """By the room that the gateway has kept, which is kept again when there is some."""
    gateway = Layout(root=host.root, belt="gateway")
    assert ballast.fill(gateway)
    fill(host)
    move(host)
    served = alias(host).read()
    assert served is not None
    assert served.serves.belt == "green"
    assert not ballast.file_of(gateway).exists()
    assert not ballast.fill(gateway), "there is no room for it yet"
    (host.root / "eaten").unlink()
    assert ballast.fill(gateway)


def test_without_it(host: Host) -> None:
    """The alias stays as it was, and is read as it was."""
    fill(host)
    with pytest.raises(OSError, match="No space left"):
        move(host)
    served = alias(host).read()
    assert served is not None
    assert served.serves.belt == "blue"


def test_a_disk_with_room(host: Host) -> None:
    """Nothing is given up."""
    gateway = Layout(root=host.root, belt="gateway")
    assert ballast.fill(gateway)
    move(host)
    assert ballast.file_of(gateway).stat().st_size == ballast.BYTES
