"""Whether an indexer may be run at all, and what it may read of what it runs."""

import os
from pathlib import Path

import pytest

from belts.envio.release import LATEST
from belts.runtimes.process.confine import cage, landlock, users
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.seed import handover, seed_note
from belts.runtimes.process.seed.workspace import Workspace
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


@pytest.mark.parametrize(("views", "files", "own"), [(True, 7, True), (False, 7, False), (False, 0, True)])
def test_a_user_that_could_not_come_near(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, views: bool, files: int, own: bool
) -> None:
    """Landlock alone keeps it; without that it has one all the same, which is refused where it is let in."""
    shut = tmp_path / "shut" / "modules"
    shut.mkdir(parents=True)
    shut.parent.chmod(0o700)
    monkeypatch.setattr(users, "become_another", lambda: True)
    monkeypatch.setattr(users, "take", lambda _: 4711)
    monkeypatch.setattr(landlock, "version", lambda: files)
    monkeypatch.setattr(handover, "_views_are_allowed", lambda: views)
    layout = Layout(root=tmp_path, belt="green")
    assert (handover.user_of(layout, indexer(), (tmp_path, shut)) == 4711) is own


@pytest.mark.parametrize(
    ("uid", "user", "exposes", "needed"),
    [(0, None, False, True), (0, None, True, False), (0, 4711, False, False), (1000, None, False, False)],
)
def test_what_landlock_alone_keeps(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    uid: int,
    user: int | None,
    exposes: bool,
    needed: bool,
) -> None:
    """Root's indexer without a user of its own needs it at every start, unless that was given up by name."""
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setattr(os, "chown", lambda *_, **__: None)
    monkeypatch.setattr(handover, "user_of", lambda *_: user)
    monkeypatch.setattr(handover, "_open", lambda *_, **__: None)
    monkeypatch.setattr(handover, "_views_are_allowed", lambda: True)
    monkeypatch.setattr(handover, "_hidden", lambda *_: ())
    space = Workspace(home=tmp_path, packages=tmp_path / "packages", release=LATEST)
    found = handover.hand(Layout(root=tmp_path, belt="green"), indexer(exposes=exposes), space)
    assert found.needed is needed
    assert found.spec()["needed"] is needed
