"""A segment of shared memory is given back only if it is the dead Postgres's own."""

import ctypes
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from belts.host import shared_memory

pytestmark = pytest.mark.live

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
IPC_CREAT = 0o1000


@pytest.fixture
def segment() -> Iterator[tuple[str, str, str]]:
    """One that nobody uses, as the key, the number and the maker that the system lists."""
    key = random.randrange(1, 2**31)
    number = libc.shmget(key, 56, IPC_CREAT | 0o600)
    assert number >= 0
    yield str(key), str(number), str(os.getpid())
    libc.shmctl(number, shared_memory.IPC_RMID, None)


def listed(segment: tuple[str, str, str]) -> bool:
    lines = shared_memory.SEGMENTS.read_text().splitlines()
    return segment in [(key, number, maker) for key, number, _, _, maker, *_ in map(str.split, lines)]


def note(data: Path, *, pid: str, key: str, number: str) -> None:
    """What a Postgres writes down while it runs."""
    lines = [pid, str(data), "1795318811", "20000", "", "127.0.0.1", f"  {key}    {number}", "ready   "]
    (data / "postmaster.pid").write_text("\n".join(lines) + "\n")


def test_its_own(tmp_path: Path, segment: tuple[str, str, str]) -> None:
    key, number, maker = segment
    note(tmp_path, pid=maker, key=key, number=number)
    shared_memory.forget(tmp_path)
    assert not listed(segment)


def test_that_of_an_initdb(tmp_path: Path, segment: tuple[str, str, str]) -> None:
    """A Postgres without a postmaster notes its process with a minus."""
    key, number, maker = segment
    note(tmp_path, pid=f"-{maker}", key=key, number=number)
    shared_memory.forget(tmp_path)
    assert not listed(segment)


def test_anothers(tmp_path: Path, segment: tuple[str, str, str]) -> None:
    """A number that was given out anew, to another process or for another key, is another's segment."""
    key, number, maker = segment
    for pid, noted in (("1", key), (maker, str(int(key) + 1))):
        note(tmp_path, pid=pid, key=noted, number=number)
        shared_memory.forget(tmp_path)
        assert listed(segment)


def test_one_that_is_used(tmp_path: Path, segment: tuple[str, str, str]) -> None:
    """Somebody of the dead one still lives."""
    key, number, maker = segment
    at = ctypes.c_void_p(libc.shmat(int(number), None, 0))
    note(tmp_path, pid=maker, key=key, number=number)
    shared_memory.forget(tmp_path)
    assert listed(segment)
    libc.shmdt(at)


@pytest.mark.parametrize("text", ["", "12\n", "12\n/data\n1\n2\n\n127.0.0.1\n"])
def test_a_note_that_is_not_whole(tmp_path: Path, text: str, segment: tuple[str, str, str]) -> None:
    """It died before it had one."""
    (tmp_path / "postmaster.pid").write_text(text)
    shared_memory.forget(tmp_path)
    assert listed(segment)


def test_no_note(tmp_path: Path, segment: tuple[str, str, str]) -> None:
    """It ended in order."""
    shared_memory.forget(tmp_path)
    assert listed(segment)
