"""What was seen of final blocks is kept for those who ask again, and does not fill the disk."""

import os
import time
from pathlib import Path

import pytest

from gate import evidence
from gate.observations.truth import LogSeen, Proof
from gate.seal import Seal

DAY_S = 24 * 3600.0


def log(number: int) -> LogSeen:
    return LogSeen(
        address="0x" + "1" * 40,
        topics=("0x" + "2" * 64,),
        data="0x" + f"{number:064x}",
        block=number,
        block_hash="0x" + "3" * 64,
        transaction="0x" + "4" * 64,
        log_index=0,
    )


PROOF = Proof(words="two providers agree", providers=("a", "b"))


def store(directory: Path, secret: bytes = b"a key") -> evidence.Store:
    return evidence.Store(directory=directory, seal=Seal(secret))


def kept(directory: Path, name: str, *, days_ago: float = 0.0) -> Path:
    """Something that was last asked for so long ago."""
    store(directory).keep(evidence.key(name), (log(1),), PROOF)
    file = directory / f"{evidence.key(name)}.json"
    then = time.time() - days_ago * DAY_S
    os.utime(file, (then, then))
    return file


def test_what_was_kept_is_recalled(tmp_path: Path) -> None:
    file = kept(tmp_path / "evidence", "one")

    assert store(tmp_path / "evidence").recall(evidence.key("one")) == ((log(1),), PROOF)
    assert store(tmp_path / "evidence").recall(evidence.key("other")) is None
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_written_down_is_not_kept(tmp_path: Path) -> None:
    """A block as high as no chain has one is a provider's business, and no end of the gate."""
    store(tmp_path).keep(evidence.key("high"), (log(2**64),), PROOF)

    assert list(tmp_path.iterdir()) == []
    assert store(tmp_path).recall(evidence.key("high")) is None


def test_what_nobody_asks_for_goes_after_a_week(tmp_path: Path) -> None:
    old, young = kept(tmp_path, "old", days_ago=8), kept(tmp_path, "young", days_ago=6)
    store(tmp_path).forget_unused()

    assert not old.exists()
    assert young.exists()


def test_what_is_asked_for_stays(tmp_path: Path) -> None:
    asked = kept(tmp_path, "asked", days_ago=8)
    assert store(tmp_path).recall(evidence.key("asked")) is not None
    store(tmp_path).forget_unused()

    assert asked.exists()


def test_a_draft_that_was_cut_short_goes_too(tmp_path: Path) -> None:
    draft = tmp_path / f".{evidence.key('asked')}.json.0123456789abcdef"
    draft.write_text("{")
    os.utime(draft, (0, 0))
    store(tmp_path).forget_unused()

    assert not draft.exists()


def test_the_longest_unused_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [kept(tmp_path, str(days), days_ago=days) for days in range(5)]
    monkeypatch.setattr(evidence, "MOST_BYTES", 3 * files[0].stat().st_size)
    store(tmp_path).forget_unused()

    assert [file.exists() for file in files] == [True, True, True, False, False]


def test_files_of_others_stay(tmp_path: Path) -> None:
    """`--evidence` names any directory."""
    theirs = [tmp_path / name for name in ("notes.json", ".bashrc", "f" * 64, f"{'f' * 64}.json.bak")]
    for file in theirs:
        file.write_text("theirs")
        os.utime(file, (0, 0))
    store(tmp_path).forget_unused()

    assert all(file.exists() for file in theirs)


def test_no_place_is_nothing_to_forget(tmp_path: Path) -> None:
    store(tmp_path / "nowhere").forget_unused()

    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("change", [b"", b"{", b"0" * 64 + b"\n{}", b"\n"])
def test_what_others_wrote_is_not_believed(tmp_path: Path, change: bytes) -> None:
    """Cut, edited or made up: only what bears the seal is evidence."""
    file = kept(tmp_path, "one")
    file.write_bytes(change)
    assert store(tmp_path).recall(evidence.key("one")) is None


def test_an_edited_log_is_not_believed(tmp_path: Path) -> None:
    file = kept(tmp_path, "one")
    file.write_bytes(file.read_bytes().replace(b"two providers", b"six providers"))
    assert store(tmp_path).recall(evidence.key("one")) is None


def test_evidence_of_another_window_is_not_believed(tmp_path: Path) -> None:
    """A file is sealed under its name: moved to another one it says nothing."""
    file = kept(tmp_path, "one")
    file.rename(tmp_path / f"{evidence.key('other')}.json")
    assert store(tmp_path).recall(evidence.key("other")) is None


def test_evidence_under_another_key_is_not_believed(tmp_path: Path) -> None:
    kept(tmp_path, "one")
    assert store(tmp_path, b"another").recall(evidence.key("one")) is None
