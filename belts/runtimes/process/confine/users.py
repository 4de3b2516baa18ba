"""A user for each belt, where root runs them: a number that no other user of this host has.

A number belongs to the directory of a belt for as long as that directory exists. The assignments are recorded
once for the host, so two roots of belts never assign the same number.
"""

import functools
import grp
import hashlib
import os
import pwd
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from belts.files import private_dir, read, write_private
from belts.locks import locked

TAKEN = Path("/var/lib/belts/users")
RANGES = (range(0x7000_0000, 0x7001_0000), range(30_000, 60_000))
"""No distribution uses the first range; the second is for containers that do not have such numbers."""
DELEGATED = (Path("/etc/subuid"), Path("/etc/subgid"))
GONE_WITHIN_S = 10.0
MAPS = (Path("/proc/self/uid_map"), Path("/proc/self/gid_map"))


def of(home: Path) -> int | None:
    """The number of the belt in this directory, if it has one."""
    return next((number for number, place in _known() if place == home), None)


def take(home: Path) -> int | None:
    """The number of the belt in this directory, newly assigned if needed; None if all are taken."""
    private_dir(TAKEN)
    with locked(TAKEN / ".lock"):
        known = dict(_known())
        found = next((number for number, place in known.items() if place == home), None)
        if found is not None and found not in _Others():
            return found
        _release(home)
        number = next(_free(home, known), None)
        if number is not None:
            write_private(TAKEN / str(number), str(home))
        return number


def release(home: Path) -> None:
    """Gives the number back; nothing that the belt could own may be left."""
    if TAKEN.is_dir():
        with locked(TAKEN / ".lock"):
            _release(home)


def end_all(number: int) -> None:
    """Kills everything that runs as this user until nothing is left, so that nothing outlives the belt."""
    end = time.monotonic() + GONE_WITHIN_S
    while found := [pid for pid, owner in _processes() if owner == number]:
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > end:
            raise TimeoutError(f"processes of user {number} cannot be ended: {found}")
        time.sleep(0.02)


def _release(home: Path) -> None:
    for number, place in _known():
        if place == home:
            (TAKEN / str(number)).unlink(missing_ok=True)


@functools.cache
def become_another() -> bool:
    """Whether this process may start children as another user."""
    return os.geteuid() == 0 and may(lambda: _become(RANGES[0][0]) if _mapped(RANGES[0][0]) else _become(1))


def may(something: Callable[[], None]) -> bool:
    """Whether the kernel lets a child of this process do something."""
    child = os.fork()
    if child == 0:
        try:
            something()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def _become(number: int) -> None:
    os.setgroups([])
    os.setgid(number)
    os.setuid(number)


def _known() -> Iterator[tuple[int, Path]]:
    """The assignments; an unreadable file assigns its number to no belt and keeps it out of use."""
    with suppress(FileNotFoundError):
        for file in sorted(TAKEN.iterdir()):
            if file.name.isdigit():
                with suppress(OSError, UnicodeDecodeError):
                    yield int(file.name), Path(read(file).decode())


def _free(home: Path, known: dict[int, Path]) -> Iterator[int]:
    """Free numbers, starting with a hash of the directory, so that a belt usually gets the same one again."""
    others, running = _Others(), frozenset(owner for _, owner in _processes())
    for numbers in RANGES:
        start = int.from_bytes(hashlib.sha256(str(home).encode()).digest()[:4], "big") % len(numbers)
        for number in (numbers[(start + step) % len(numbers)] for step in range(len(numbers))):
            if number in others or number in running or not _mapped(number):
                continue
            if (TAKEN / str(number)).exists() and (number not in known or known[number].exists()):
                continue
            yield number


class _Others:
    """Numbers already in use by users or groups, or delegated to somebody's containers."""

    def __init__(self) -> None:
        self._single = {each.pw_uid for each in pwd.getpwall()} | {each.gr_gid for each in grp.getgrall()}
        self._spans = [span for file in DELEGATED for span in _delegated(file)]

    def __contains__(self, number: int) -> bool:
        return (
            number in self._single
            or any(number in span for span in self._spans)
            or _named(pwd.getpwuid, number)
            or _named(grp.getgrgid, number)
        )


def _named(look: Callable[[int], object], number: int) -> bool:
    """Whether the number has a name; asked one by one, because a user directory may not list all users."""
    try:
        look(number)
    except KeyError:
        return False
    return True


def _delegated(file: Path) -> Iterator[range]:
    with suppress(OSError):
        for line in file.read_text().splitlines():
            fields = line.split(":")
            if len(fields) == 3 and fields[1].isdigit() and fields[2].isdigit():
                yield range(int(fields[1]), int(fields[1]) + int(fields[2]))


def _mapped(number: int) -> bool:
    """Whether the number exists here: a container may have few."""
    return all(any(number in span for span in _spans(file)) for file in MAPS)


def _spans(file: Path) -> Iterator[range]:
    for line in file.read_text().splitlines():
        first, _, count = map(int, line.split())
        yield range(first, first + count)


def _processes() -> Iterator[tuple[int, int]]:
    """Every process with its owner; ended processes that were not reaped yet are left out."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError):
                if (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                    yield int(entry.name), entry.stat().st_uid
