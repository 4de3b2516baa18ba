"""One at a time, also where the file that was waited for went meanwhile, or its holder was killed."""

import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from belts.locks import locked


class Busy(Exception):
    """Somebody else holds it."""


def refuse() -> None:
    raise Busy


def free(path: Path) -> bool:
    """Whether nobody holds it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


@pytest.mark.parametrize("directory", [False, True])
def test_held_for_the_block(tmp_path: Path, directory: bool) -> None:
    """It is made, held, and let go, also where the block fails."""
    path = tmp_path / "lock"
    seen = []

    def fail() -> None:
        with locked(path, directory=directory):
            seen.extend([path.is_dir(), free(path)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert seen == [directory, False]
    assert free(path)


@pytest.mark.parametrize("directory", [False, True])
def test_one_who_would_not_wait(tmp_path: Path, directory: bool) -> None:
    """They are told at once, and the holder keeps it."""
    path = tmp_path / "lock"
    with (
        locked(path, directory=directory),
        pytest.raises(Busy),
        locked(path, directory=directory, busy=refuse),
    ):
        pytest.fail("two hold it")
    with locked(path, directory=directory, busy=refuse):
        pass


@pytest.mark.parametrize("directory", [False, True])
def test_one_that_is_removed_while_it_is_waited_for(tmp_path: Path, directory: bool) -> None:
    """Who waited holds the new one, by which others are kept out."""
    path, waits, has_it, done = tmp_path / "lock", threading.Event(), threading.Event(), threading.Event()

    def wait() -> None:
        with locked(path, directory=directory, busy=waits.set):
            has_it.set()
            done.wait()

    second = threading.Thread(target=wait)
    with locked(path, directory=directory):
        second.start()
        assert waits.wait(60)
        path.rmdir() if directory else path.unlink()
    try:
        assert has_it.wait(60)
        assert not free(path)
    finally:
        done.set()
        second.join()


def test_nothing_above_it(tmp_path: Path) -> None:
    """There is no lock of a belt that is not there."""
    for directory in (True, False):
        with pytest.raises(FileNotFoundError), locked(tmp_path / "no" / "lock", directory=directory):
            pytest.fail("held")


def test_a_holder_that_is_killed(tmp_path: Path) -> None:
    """The kernel lets go for it."""
    path = tmp_path / "lock"
    program = (
        "import sys, time; from pathlib import Path; from belts.locks import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(600)"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert not free(path)
    finally:
        holder.kill()
        holder.wait()
    with locked(path, busy=refuse):
        pass


def test_a_program_that_inherits_it(tmp_path: Path) -> None:
    """It keeps the lock although the one who took it has let go."""
    path = tmp_path / "lock"
    with locked(path) as descriptor:
        heir = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[descriptor])
    try:
        assert not free(path)
    finally:
        assert heir.stdin is not None
        heir.stdin.close()
        heir.wait()
    assert free(path)


@pytest.mark.parametrize("leads", ["to a file", "nowhere"])
def test_a_link_in_its_place(tmp_path: Path, leads: str) -> None:
    """It is not followed: nothing is locked, and nothing is made, where it leads."""
    aim = tmp_path / "aim"
    if leads == "to a file":
        aim.touch()
    (tmp_path / "lock").symlink_to(aim)
    with pytest.raises(OSError, match="symbolic links"), locked(tmp_path / "lock"):
        pass
    assert aim.exists() == (leads == "to a file")
