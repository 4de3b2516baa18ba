"""Files that are replaced whole: what a reader sees, what stays after a failure, and who may read it."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from belts import files


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("content", ["text: ü\n", b"\x00\xff", ""])
def test_replaced(tmp_path: Path, content: str | bytes) -> None:
    """It holds the new content, for its owner alone, and nothing else is left beside it."""
    path = tmp_path / "file"
    files.replace(path, "something long that stood there before")
    files.replace(path, content)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert mode(path) == 0o600
    assert names(tmp_path) == ["file"]


def test_a_file_on_its_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a crash leaves behind is known by its name, and is nobody else's."""
    made: list[str] = []
    whole = files.make

    def noted(path: Path, *content: str, **how: bool) -> None:
        made.append(path.name)
        whole(path, *content, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "make", noted)
    files.replace(tmp_path / "file.json", "x")
    files.make_once(tmp_path / "once.json", "x")
    one, other = made
    assert files.is_draft(one, "file.json")
    assert files.is_draft(other, "once.json")
    for name in (other, "file.json", f"{one}0", ".file-json.0123456789abcdef"):
        assert not files.is_draft(name, "file.json")


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_a_file_for_others_too(tmp_path: Path, umask: int) -> None:
    """It has the mode that was asked for, whatever the process hides by habit."""
    before = os.umask(umask)
    try:
        files.replace(tmp_path / "file", "x", mode=0o644)
    finally:
        os.umask(before)
    assert mode(tmp_path / "file") == 0o644


@pytest.mark.parametrize("lasting", [True, False])
def test_a_reader_meanwhile(tmp_path: Path, lasting: bool) -> None:
    """Many writers at once: each reader finds the whole content of one of them, and all of it stays."""
    path = tmp_path / "file"
    contents = [letter * 100_000 for letter in "abcd"]
    files.replace(path, contents[0])

    def write(content: str) -> None:
        for _ in range(25):
            files.replace(path, content, lasting=lasting)

    seen = set()
    with ThreadPoolExecutor() as pool:
        writers = [pool.submit(write, content) for content in contents]
        while not all(writer.done() for writer in writers):
            seen.add(path.read_text())
    for writer in writers:
        writer.result()
    assert seen <= set(contents)
    assert names(tmp_path) == ["file"]


def test_a_disk_that_takes_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old content stays, and no draft."""
    path = tmp_path / "file"
    files.replace(path, "old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.replace(path, "new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_it_reaches_the_disk_before_its_name_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First the content, then the rename, then the directory: a crash between two leaves old or new."""
    done: list[str] = []
    fsync, rename = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        opened = Path(f"/proc/self/fd/{descriptor}").readlink()
        done.append("directory" if opened == tmp_path else f"{opened.read_text()} at {opened.parent.name}")

    def renamed(draft: Path, path: Path) -> Path:
        done.append("rename")
        return rename(draft, path)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    files.replace(tmp_path / "file", "new")
    assert done == [f"new at {tmp_path.name}", "rename", "directory"]


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    """It is whoever's it is to make; a file in it cannot be replaced."""
    with pytest.raises(FileNotFoundError):
        files.replace(tmp_path / "missing" / "file", "x")
    assert names(tmp_path) == []


def test_made_once(tmp_path: Path) -> None:
    """Of two who make it, the first one's content stays, and no draft."""
    for content in ("first", "second"):
        files.make_once(tmp_path / "key", content)
    assert (tmp_path / "key").read_text() == "first"
    assert mode(tmp_path / "key") == 0o600
    assert names(tmp_path) == ["key"]


def test_made_where_there_is_one(tmp_path: Path) -> None:
    """It is refused, and what is there stays."""
    files.make(tmp_path / "file", "first")
    with pytest.raises(FileExistsError):
        files.make(tmp_path / "file", "second")
    assert (tmp_path / "file").read_text() == "first"


def test_a_private_file(tmp_path: Path) -> None:
    """It and the directories made for it are for the owner alone; the same text is not written again."""
    path = tmp_path / "a" / "b" / "file"
    assert files.write_private(path, "one")
    written = path.stat().st_mtime_ns
    assert not files.write_private(path, "one")
    assert path.stat().st_mtime_ns == written
    assert files.write_private(path, "two")
    assert [mode(each) for each in (path, path.parent, path.parent.parent)] == [0o600, 0o700, 0o700]
    assert names(path.parent) == ["file"]


def test_a_private_file_that_was_opened_to_others(tmp_path: Path) -> None:
    """It is closed again, though its text is right."""
    path = tmp_path / "file"
    files.write_private(path, "one")
    path.chmod(0o644)
    files.write_private(path, "one")
    assert mode(path) == 0o600
