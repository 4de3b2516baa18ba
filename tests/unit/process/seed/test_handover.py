"""Whether an indexer may be run at all, and what it may read of what it runs."""

import os
from pathlib import Path

import pytest

from belts.runtimes.process.confine import cage, landlock, users
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.seed import seed_note
from belts.spec.indexer import Indexer


def indexer(*, exposes: bool = False) -> Indexer:
    return Indexer(
        project=Path("/p"), digest="d", chains=(1,), port=1, heap_mb=128, exposes_every_belt=exposes
    )


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root that has no other user to give, on a kernel without Landlock."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(users, "become_another", lambda: False)
    monkeypatch.setattr(landlock, "version", lambda: 0)


def test_root_with_neither(tmp_path: Path) -> None:
    """Refused before anything is done, and allowed by name."""
    layout = Layout(root=tmp_path, belt="green")
    with pytest.raises(Refused, match="would run as root, with every secret of this host") as refusal:
        seed_note.check(layout, indexer())
    assert "exposesEveryBelt: true" in str(refusal.value)
    seed_note.check(layout, indexer(exposes=True))


@pytest.mark.parametrize("wall", ["user", "Landlock", "no root"])
def test_any_wall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wall: str) -> None:
    """One suffices; whoever is not root never had every secret."""
    if wall == "user":
        monkeypatch.setattr(users, "become_another", lambda: True)
    elif wall == "Landlock":
        monkeypatch.setattr(landlock, "version", lambda: 1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
    seed_note.check(Layout(root=tmp_path, belt="green"), indexer())


def test_what_is_closed(tmp_path: Path) -> None:
    """The outermost directory on the way that not everybody may pass, by both names of a file."""
    shut, inner = tmp_path / "shut", tmp_path / "shut" / "inner"
    inner.mkdir(parents=True)
    (inner / "file").touch()
    (tmp_path / "link").symlink_to(inner / "file")
    for place in (tmp_path, *tmp_path.parents):
        if place.stat().st_uid == os.getuid() and str(place).startswith("/tmp/"):
            place.chmod(0o755)
    shut.chmod(0o700)
    inner.chmod(0o700)
    assert shut in cage.closed((tmp_path / "link",))
    assert inner not in cage.closed((tmp_path / "link",))
