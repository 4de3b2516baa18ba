"""What is kept beside the alias of a belt that was seen to be wrong."""

from pathlib import Path

import pytest

from gate.alias.decide import bars, refutation
from gate.alias.decide.refutation import Refutation, RefutationDamaged
from gate.alias.directory import Directory

GREEN = Refutation(belt="green", identity="9" * 64, move=2, told="Transfer has lost 17 rows")


@pytest.fixture
def store(tmp_path: Path) -> Directory:
    """An alias that was never set."""
    return Directory(tmp_path, "gateway")


def test_it_comes_back_as_it_was_kept(store: Directory) -> None:
    """The newest is kept, until it is forgotten."""
    assert refutation.noted(store) is None
    refutation.note(store, Refutation(belt="red", identity="8" * 64, move=1, told="it is gone"))
    refutation.note(store, GREEN)
    assert refutation.noted(store) == GREEN
    refutation.forget(store)
    refutation.forget(store)
    assert refutation.noted(store) is None
    assert list(store.path.iterdir()) == []


def test_it_bars_one_belt(store: Directory) -> None:
    """Without a ledger too, this identity alone, and until its name is lifted."""
    refutation.note(store, GREEN)
    assert bars.standing(None, store, GREEN.identity, None) == GREEN.bar
    assert bars.standing(None, store, GREEN.identity, "green-1") == GREEN.bar
    assert bars.standing(None, store, GREEN.identity, "green-2") is None
    assert bars.standing(None, store, "8" * 64, None) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 2}', '{"version": 1, "refuted": {"belt": "green"}}']
)
def test_something_else_stands_there(store: Directory, text: str) -> None:
    """Nobody knows who is barred, so nobody may be promoted."""
    (store.path / refutation.NAME).write_text(text)
    with pytest.raises(RefutationDamaged, match="promote no belt"):
        bars.standing(None, store, "8" * 64, None)


def test_a_folder_stands_there(store: Directory) -> None:
    """The same where it cannot be read at all."""
    (store.path / refutation.NAME).mkdir()
    with pytest.raises(RefutationDamaged, match="seen:     Is a directory"):
        refutation.noted(store)
