"""A segment of shared memory is given back only if it is the dead Postgres's own."""

import ctypes
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from belts.runtimes.process.database import shared_memory
from belts.runtimes.process.database.shared_memory import Segment

pytestmark = pytest.mark.live

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
IPC_CREAT = 0o1000


@pytest.fixture
def segment() -> Iterator[Segment]:
    """One that nobody uses."""
    key = random.randrange(1, 2**31)
    number = libc.shmget(key, 56, IPC_CREAT | 0o600)
    assert number >= 0
    yield Segment(key=str(key), number=str(number), maker=str(os.getpid()))
    libc.shmctl(number, shared_memory.IPC_RMID, None)


def note(data: Path, *, pid: str, key: str, number: str) -> None:
    """What a Postgres writes down while it runs."""
    lines = [pid, str(data), "1795318811", "20000", "", "127.0.0.1", f"  {key}    {number}", "ready   "]
    (data / "postmaster.pid").write_text("\n".join(lines) + "\n")


def test_its_own(tmp_path: Path, segment: Segment) -> None:
    key, number, maker = segment
    note(tmp_path, pid=maker, key=key, number=number)
    shared_memory.forget(tmp_path)
    assert segment not in shared_memory.segments()


def test_that_of_an_initdb(tmp_path: Path, segment: Segment) -> None:
    """A Postgres without a postmaster notes its process with a minus."""
    key, number, maker = segment
    note(tmp_path, pid=f"-{maker}", key=key, number=number)
    shared_memory.forget(tmp_path)
    assert segment not in shared_memory.segments()


def test_anothers(tmp_path: Path, segment: Segment) -> None:
    """A number that was given out anew, to another process or for another key, is another's segment."""
    key, number, maker = segment
    for pid, noted in (("1", key), (maker, str(int(key) + 1))):
        note(tmp_path, pid=pid, key=noted, number=number)
        shared_memory.forget(tmp_path)
        assert segment in shared_memory.segments()


def test_one_that_is_used(tmp_path: Path, segment: Segment) -> None:
    """Somebody of the dead one still lives."""
    key, number, maker = segment
    at = ctypes.c_void_p(libc.shmat(int(number), None, 0))
    note(tmp_path, pid=maker, key=key, number=number)
    shared_memory.forget(tmp_path)
    assert segment in shared_memory.segments()
    libc.shmdt(at)


@pytest.mark.parametrize("text", ["", "12\n", "12\n/data\n1\n2\n\n127.0.0.1\n"])
def test_a_note_that_is_not_whole(tmp_path: Path, text: str, segment: Segment) -> None:
    """It died before it had one."""
    (tmp_path / "postmaster.pid").write_text(text)
    shared_memory.forget(tmp_path)
    assert segment in shared_memory.segments()


def test_no_note(tmp_path: Path, segment: Segment) -> None:
    """It ended in order."""
    shared_memory.forget(tmp_path)
    assert segment in shared_memory.segments()
