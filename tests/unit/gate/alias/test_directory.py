"""What lies in an alias's directory beside what it says."""

import json
from pathlib import Path

import pytest

from gate.alias.directory import Directory
from gate.alias.state import Standing, first

BLUE = first(
    Standing(belt="blue", identity="b" * 64, dial="127.0.0.1:1", heights={1: 100}),
    since="2027-01-02T11:00:00.000+00:00",
    move=1,
    certificate="c",
)


@pytest.fixture
def alias(tmp_path: Path) -> Directory:
    return Directory(tmp_path / "alias", "gateway")


def test_nothing_is_there(alias: Directory) -> None:
    """It is nobody's, and nothing is strange."""
    assert (alias.version(), alias.owner(), alias.strange(kept=())) == (None, None, ())


def test_what_its_writer_makes(alias: Directory) -> None:
    """None of it is strange, and each swap is another version."""
    alias.swap(BLUE)
    before = alias.version()
    with alias.alone():
        alias.swap(BLUE)
    assert alias.version() not in {before, None}
    assert (alias.owner(), alias.strange(kept=())) == ("gateway", ())


def test_what_nobody_made(alias: Directory) -> None:
    """Named, however like ours its name is."""
    alias.swap(BLUE)
    for name in ("backup.tar", "v1", "current.old", "ownerxjson"):
        (alias.path / name).touch()
    assert alias.strange(kept=()) == ("backup.tar", "current.old", "ownerxjson", "v1")


def test_what_is_kept_beside_it(alias: Directory) -> None:
    """A text that its writers keep is theirs, and so is what a crash leaves of it; another one is not."""
    alias.swap(BLUE)
    alias.keep("refuted.json", "{}")
    (alias.path / f".refuted.json.{'0a' * 8}").touch()
    assert alias.strange(kept=("refuted.json",)) == ()
    assert len(alias.strange(kept=("other.json",))) == 2


def test_another_owner(alias: Directory) -> None:
    """Whoever it says, and nonsense is no owner."""
    alias.swap(BLUE)
    (alias.path / "owner.json").write_text(json.dumps({"version": 1, "gateway": "edge"}))
    assert alias.owner() == "edge"
    (alias.path / "owner.json").write_text("{")
    with pytest.raises(ValueError, match="Expecting"):
        alias.owner()


def test_what_a_writer_keeps(alias: Directory) -> None:
    """It is not strange by its own name; by any other it is."""
    alias.swap(BLUE)
    alias.keep("refuted.json", "{}")
    assert alias.strange(kept={"refuted.json"}) == ()
    assert alias.strange(kept={"another.json"}) == ("refuted.json",)


def versions(alias: Directory) -> list[str]:
    return sorted(path.name for path in alias.path.glob("v0*"))


def test_a_disk_that_takes_no_more(alias: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was begun is not left there, and the alias is as it was."""
    alias.swap(BLUE)
    before, kept = alias.version(), versions(alias)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gate.alias.directory.make", full)
    with pytest.raises(OSError, match="No space left"):
        alias.swap(BLUE)
    assert (alias.version(), versions(alias)) == (before, kept)


def test_versions_that_were_never_put_in_place(alias: Directory) -> None:
    """However many moves were cut off: the version that a request may just have looked up stays."""
    alias.swap(BLUE)
    before = alias.version()
    for number in range(2, 7):
        (alias.path / f"v{number:08d}").mkdir()
    alias.swap(BLUE)
    assert (alias.path / str(before) / "route").is_file()
    alias.swap(BLUE)
    alias.swap(BLUE)
    assert len(versions(alias)) <= 4
    assert str(before) not in versions(alias)
