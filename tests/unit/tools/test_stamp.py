"""When a step counts as done."""

from pathlib import Path

from tools.stamp import Stamp, digest


def test_a_stamp_says_what_was_put(tmp_path: Path) -> None:
    stamp = Stamp(tmp_path / "stamps" / "python")
    stamp.put("a")
    assert stamp.says("a")
    assert not stamp.says("b")


def test_a_cleared_stamp_says_nothing(tmp_path: Path) -> None:
    stamp = Stamp(tmp_path / "python")
    stamp.put("a")
    stamp.clear()
    assert not stamp.says("a")
    assert not stamp.says("")


def test_a_file_that_changes_changes_the_digest(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("a==1")
    before = digest((lock, "3.11"))
    lock.write_text("a==2")
    assert digest((lock, "3.11")) != before


def test_words_do_not_run_together() -> None:
    assert digest(("ab", "c")) != digest(("a", "bc"))
