"""The cache that checkouts share."""

from pathlib import Path

import pytest

from tools.cache import Cache


def _complete(place: Path) -> bool:
    return (place / "program").exists()


def _make(work: Path) -> None:
    (work / "gocache").mkdir()
    (work / "out" / "program").write_text("made")


def _never(_: object) -> None:
    raise AssertionError("nobody should have been asked")


def test_the_folder_holds_the_result_and_nothing_beside_it(tmp_path: Path) -> None:
    """What was needed to build is dropped; only the lock's empty file stays."""
    place = Cache(root=tmp_path).get("key", complete=_complete, make=_make, waiting=_never)
    assert [each.name for each in place.iterdir()] == ["program"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["key", "key.lock"]


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    cache = Cache(root=tmp_path)
    first = cache.get("key", complete=_complete, make=_make, waiting=_never)
    assert cache.get("key", complete=_complete, make=_never, waiting=_never) == first


def test_a_build_that_fails_leaves_no_folder(tmp_path: Path) -> None:
    """Half a result never counts as one."""

    def fail(work: Path) -> None:
        (work / "out" / "program").write_text("half")
        raise OSError("disk full")

    cache = Cache(root=tmp_path)
    with pytest.raises(OSError, match="disk full"):
        cache.get("key", complete=_complete, make=fail, waiting=_never)
    assert [each.name for each in tmp_path.iterdir()] == ["key.lock"]


def test_a_folder_that_lacks_something_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "key").mkdir(parents=True)
    (tmp_path / "key" / "leftover").touch()
    place = Cache(root=tmp_path).get("key", complete=_complete, make=_make, waiting=_never)
    assert [each.name for each in place.iterdir()] == ["program"]


def test_what_a_killed_build_left_is_dropped(tmp_path: Path) -> None:
    """Of the same key only: another build may be at work."""
    (tmp_path / ".building-key-abc" / "gocache").mkdir(parents=True)
    (tmp_path / ".building-other-abc").mkdir()
    Cache(root=tmp_path).get("key", complete=_complete, make=_make, waiting=_never)
    assert sorted(each.name for each in tmp_path.glob(".building*")) == [".building-other-abc"]
