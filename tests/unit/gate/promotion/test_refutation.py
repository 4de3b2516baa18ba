"""What is kept beside the alias of a belt that was seen to be wrong."""

from pathlib import Path

import pytest

from gate.promotion import bars, refutation
from gate.promotion.refutation import Refutation, RefutationDamaged

GREEN = Refutation(belt="green", identity="9" * 64, move=2, told="Transfer has lost 17 rows")


def test_it_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    """The newest is kept, until it is forgotten."""
    assert refutation.noted(tmp_path) is None
    refutation.note(tmp_path, Refutation(belt="red", identity="8" * 64, move=1, told="it is gone"))
    refutation.note(tmp_path, GREEN)
    assert refutation.noted(tmp_path) == GREEN
    refutation.forget(tmp_path)
    refutation.forget(tmp_path)
    assert refutation.noted(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_it_bars_one_belt(tmp_path: Path) -> None:
    """Without a ledger too, this identity alone, and until its name is lifted."""
    refutation.note(tmp_path, GREEN)
    assert bars.standing(None, tmp_path, GREEN.identity, None) == GREEN.bar
    assert bars.standing(None, tmp_path, GREEN.identity, "green-1") == GREEN.bar
    assert bars.standing(None, tmp_path, GREEN.identity, "green-2") is None
    assert bars.standing(None, tmp_path, "8" * 64, None) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 2}', '{"version": 1, "refuted": {"belt": "green"}}']
)
def test_something_else_stands_there(tmp_path: Path, text: str) -> None:
    """Nobody knows who is barred, so nobody may be promoted."""
    (tmp_path / refutation.NAME).write_text(text)
    with pytest.raises(RefutationDamaged, match="promote no belt"):
        bars.standing(None, tmp_path, "8" * 64, None)


def test_a_folder_stands_there(tmp_path: Path) -> None:
    """The same where it cannot be read at all."""
    (tmp_path / refutation.NAME).mkdir()
    with pytest.raises(RefutationDamaged, match="seen:     Is a directory"):
        refutation.noted(tmp_path)
