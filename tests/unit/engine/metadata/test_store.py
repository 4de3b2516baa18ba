"""Metadata on disk is read back as it was, or refused."""

import stat
from pathlib import Path

import pytest

from belts.engine.metadata.store import Store, Unreadable
from belts.engine.metadata.tracked import Metadata
from tests.unit.engine.build import metadata


def test_metadata_is_kept(tmp_path: Path) -> None:
    """It is read back as it was, from a file that only its owner reads, and nothing else is left there."""
    store = Store(tmp_path / "deep" / "metadata.json")
    assert store.load() == Metadata()
    store.save(metadata())
    store.save(metadata())
    assert store.load() == metadata()
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert [path.name for path in store.path.parent.iterdir()] == ["metadata.json"]


def test_which_engine_it_is(tmp_path: Path) -> None:
    """It calls itself the same for as long as its metadata lies there, and as no other does."""
    one, other = Store(tmp_path / "one" / "metadata.json"), Store(tmp_path / "other" / "metadata.json")
    assert one.identity == Store(one.path).identity != other.identity
    one.save(metadata())
    assert one.load() == metadata()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2}', '{"version": 3, "actions": [1]}'])
def test_a_store_that_was_spoiled(tmp_path: Path, text: str) -> None:
    """It is refused."""
    path = tmp_path / "metadata.json"
    path.write_text(text)
    with pytest.raises(Unreadable):
        Store(path).load()
