"""Shared by all tests: ports that no other test run takes."""

import fcntl
import os
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Below the range from which the kernel takes the near ends of connections: none of them is in the way.
FIRST_PORT, LAST_PORT = 20_000, 32_000


# Tests that were started in the background ignore Ctrl-C, and so does all that they start: whoever is to be
# interrupted would never notice.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long one example takes says nothing on a machine that runs other tests meanwhile.
settings.register_profile("belts", deadline=None)
settings.load_profile("belts")


HERE = Path(__file__).parent
WORLD = "world"
FIRST = (WORLD, "live/stacks", "live/demo", "live/host")


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share something which is dear to make are one worker's; the longest of them come first."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=lambda item: next((n for n, each in enumerate(FIRST) if _group(item).startswith(each)), 9))


def pytest_collection_finish(session: pytest.Session) -> None:
    """A worker whose tests are not grouped would make worlds that others have made already."""
    if hasattr(session.config, "workerinput") and not all("@" in item.nodeid for item in session.items):
        raise pytest.UsageError("pytest-xdist has not grouped the tests; its version does not suit pytest's")


def _group(item: pytest.Item) -> str:
    """The moving world of the run is one for all; on a host each file is by itself; else a directory is."""
    place = item.path.relative_to(HERE)
    if "world" in getattr(item, "fixturenames", ()) and place.parent.name != "stacks":
        return WORLD
    return str(place.with_suffix("") if place.parent.name == "host" else place.parent)


class Ports:
    """Hands out ports of this machine; each is held by a lock, in whatever process, until the holder ends."""

    def __init__(self) -> None:
        self._locks = Path(tempfile.gettempdir()) / f"belts-ports-{os.geteuid()}"
        self._locks.mkdir(mode=0o700, exist_ok=True)
        self._held: list[int] = []
        self._next = FIRST_PORT + os.getpid() % 1_000 * 10

    def one(self) -> int:
        return self.block(1)[0]

    def block(self, size: int) -> list[int]:
        """Ports that follow each other."""
        for _ in range(LAST_PORT - FIRST_PORT):
            first = self._next
            self._next += 1
            if self._next + size > LAST_PORT:
                self._next = FIRST_PORT
            wanted = list(range(first, first + size))
            if all(_is_free(port) for port in wanted) and self._lock(wanted):
                self._next = first + size
                return wanted
        raise AssertionError(f"no {size} free ports in a row between {FIRST_PORT} and {LAST_PORT}")

    def release(self) -> None:
        while self._held:
            os.close(self._held.pop())

    def _lock(self, ports: list[int]) -> bool:
        locks: list[int] = []
        for port in ports:
            descriptor = os.open(self._locks / str(port), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            locks.append(descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                for each in locks:
                    os.close(each)
                return False
        self._held += locks
        return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.fixture(scope="session")
def ports() -> Iterator[Ports]:
    held = Ports()
    yield held
    held.release()


@pytest.fixture
def free_port(ports: Ports) -> Callable[[], int]:
    """A port that is free and stays ours to the end of the run; call it as often as needed."""
    return ports.one
