"""Shared by all tests: ports that no other test run takes."""

import fcntl
import os
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path, PurePath
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from belts.runtimes.process.guards import beside
from tests import budget, changes, grammar, times
from tests.deep import DEEP, EVERY_RUN
from tests.live.plugin import kinds

# Below the range from which the kernel takes the near ends of connections, and below the demo's, which holds
# no lock: none of them is in the way.
FIRST_PORT, LAST_PORT = 20_000, 28_000


# Tests that were started in the background ignore Ctrl-C, and so does all that they start: whoever is to be
# interrupted would never notice.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests bring up many roots at once, and declare for each what it would need by itself.
os.environ[beside.VARIABLE] = beside.UNCOUNTED

# How long one example takes says nothing on a machine that runs other tests meanwhile.
for profile in (EVERY_RUN, DEEP):
    settings.register_profile(profile, deadline=None)
settings.load_profile(EVERY_RUN)


SHARED = "the moving world"
"""Tests that share one world of chains and belts: it is dear to make, and moves until the last of them."""
SHARERS = frozenset(
    f"tests/live/{name}.py"
    for name in (
        "engine/test_envio",
        "examples/test_indexed",
        "examples/test_variants",
        "gate/alias/test_recovery",
        "gate/test_command",
        "gate/test_faults",
        "gate/test_fifty_runs",
        "gate/test_sound",
        "gate/test_whole",
        "process/test_status_endpoint",
        "process/test_external",
        "process/test_world",
    )
)
FIRST = (
    "tests/live/stacks",
    SHARED,
    "tests/live/gate/served",
    "tests/live/demo",
    "tests/live/process",
)
"""What takes longest is begun first."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long a run of the deep tests may take, and what it begins with."""
    parser.addoption("--budget", type=float, metavar="MINUTES", help="begin no test after so many minutes")
    parser.addoption("--since", metavar="COMMIT", help="begin with what has changed since then")


def pytest_configure(config: pytest.Config) -> None:
    """Holds a run to its budget, in each of its workers, and what is said to how people write."""
    config.pluginmanager.register(grammar.Listener(), "grammar")
    minutes = config.getoption("--budget")
    if minutes is not None:
        config.pluginmanager.register(budget.Budget(seconds=60 * minutes), "budget")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what had no time, where the time went, and what the tests of the command plugin were run against,
    where a quiet run shows it: at the end.
    """
    budget.summary(budget.unrun(terminalreporter.stats.get("skipped", [])), terminalreporter.write_line)
    reports = [report for some in terminalreporter.stats.values() for report in some]
    times.summary(times.by_group(reports, group), terminalreporter.write_line)
    if any(getattr(report, "nodeid", "").startswith("tests/live/plugin/") for report in reports):
        terminalreporter.write_line(kinds.said())


class Groups(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each worker whole groups of tests, so that nothing that a group shares is made twice."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid.partition("::")[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    """What deals out the tests where more workers than one run them."""
    return Groups(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In the order of `FIRST`; where there is a budget, first what has changed, and the rest in rotation.

    A test that shares the moving world unnamed would make another one.
    """
    for item in items:
        file = _file(item)
        shares = "world" in getattr(item, "fixturenames", ()) and item.path.parent.name != "stacks"
        if shares and file not in SHARERS:
            raise pytest.UsageError(f"{file} shares the moving world: name it in tests/conftest.py")
    if config.getoption("--budget") is None:
        items.sort(key=_turn)
        return
    files = {file: group(file) for file in map(_file, items)}
    changed = changes.since(budget.CHECKOUT, config.getoption("--since"))
    turns = budget.turns(files, changed, budget.commit_of_checkout())
    items.sort(key=lambda item: turns[_file(item)])


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _group(item: pytest.Item) -> str:
    return group(_file(item))


def _turn(item: pytest.Item) -> int:
    wanted = _group(item)
    return next((turn for turn, each in enumerate(FIRST) if wanted.startswith(each)), len(FIRST))


def group(file: str) -> str:
    """A directory, as a rule; on a host each file is by itself."""
    path = PurePath(file)
    if file in SHARERS:
        return SHARED
    return file if str(path.parent) == "tests/live/process" else str(path.parent)


class Ports:
    """Hands out ports of this machine; each is held by a lock, in whatever process, until the holder ends."""

    def __init__(self) -> None:
        self._locks = Path(tempfile.gettempdir()) / f"belts-ports-{os.geteuid()}"
        self._locks.mkdir(mode=0o700, exist_ok=True)
        self._held: list[int] = []
        self._next = FIRST_PORT + os.getpid() * 10 % (LAST_PORT - FIRST_PORT)

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
            if self._lock(wanted):
                self._next = first + size
                return wanted
        raise AssertionError(f"no {size} free ports in a row between {FIRST_PORT} and {LAST_PORT}")

    def release(self) -> None:
        while self._held:
            os.close(self._held.pop())

    def _lock(self, ports: list[int]) -> bool:
        """Tries only what it has locked: whoever holds a port may be about to bind it."""
        locks: list[int] = []
        with ExitStack() as undo:
            for port in ports:
                descriptor = os.open(self._locks / str(port), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                undo.callback(os.close, descriptor)
                locks.append(descriptor)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return False
                if not _is_free(port):
                    return False
            undo.pop_all()
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
