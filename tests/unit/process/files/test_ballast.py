"""The room that a gateway keeps for a disk that has run full."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from belts.runtimes.process.files import ballast
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.host import Host


class Usage(NamedTuple):
    """What `disk_usage` says."""

    total: int
    used: int
    free: int


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A gateway on a disk of which a test says what is free."""
    layout = Layout(root=tmp_path, belt="gateway")
    layout.home.mkdir()
    monkeypatch.setattr(ballast, "BYTES", 8192)
    free(monkeypatch, 100_000)
    return layout


def free(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: Usage(100_000, 100_000 - number, number))


def test_it_is_kept(gateway: Layout) -> None:
    """Set aside for real, for its owner alone."""
    assert ballast.fill(gateway)
    seen = ballast.file_of(gateway).stat()
    assert (seen.st_size, seen.st_mode & 0o777) == (8192, 0o600)
    assert seen.st_blocks * 512 >= 8192


def test_a_disk_that_is_nearly_full(gateway: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not make it fuller."""
    free(monkeypatch, 10_000)
    assert not ballast.fill(gateway)
    assert not ballast.file_of(gateway).exists()


@pytest.mark.parametrize(("left", "given"), [(4_095, True), (4_096, False)])
def test_a_move(gateway: Layout, monkeypatch: pytest.MonkeyPatch, left: int, *, given: bool) -> None:
    """Before the first thing that it writes, on a disk with less room than half of it."""
    ballast.fill(gateway)
    free(monkeypatch, left)
    Host(gateway.root).expect("green", gateway="gateway")
    assert ballast.file_of(gateway).exists() is not given


@pytest.mark.parametrize("lease", ["serve", "forget", "soak"])
def test_the_end_of_a_move(gateway: Layout, monkeypatch: pytest.MonkeyPatch, lease: str) -> None:
    """Whoever ends a move that was cut off writes leases first, and begins none of its own before."""
    ballast.fill(gateway)
    free(monkeypatch, 0)
    more = {"until": datetime(2027, 1, 2, tzinfo=UTC)} if lease == "soak" else {}
    getattr(Host(gateway.root), lease)("green", gateway="gateway", **more)
    assert not ballast.file_of(gateway).exists()


def test_a_gateway_elsewhere(tmp_path: Path) -> None:
    """There is nothing to give up."""
    assert not ballast.give_up(Layout(root=tmp_path, belt="gateway"))


def test_somebody_elses_file(gateway: Layout, tmp_path: Path) -> None:
    """A link in its place is not followed."""
    other = tmp_path / "other"
    other.write_text("kept")
    ballast.file_of(gateway).symlink_to(other)
    assert not ballast.fill(gateway)
    assert other.read_text() == "kept"
