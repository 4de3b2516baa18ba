"""A candidate that eats what it gets, beside a belt that serves; the kernel's own groups hold it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Self

import pytest

from belts.runtimes.process.confine import group, hierarchy
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import identity, leftovers
from belts.runtimes.process.supervise.programs import Program
from tests.conftest import Ports
from tests.deep import one_of_each
from tests.live import plain
from tests.live.hosts import CHECKOUT, Hosts, wait_until
from tests.live.process import conftest as build
from tests.live.small import small

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        os.geteuid() != 0 or hierarchy.parent("memory") is None,
        reason="groups are made by root, where the memory controller is mounted",
    ),
]
LEAST = {"sharedBuffersMb": 16, "memoryMb": 64}
EATS = {
    "memory": "held = []\nwhile True: held.append(bytearray(8 << 20))",
    "processes": """
while True:
    try:
        if os.fork() == 0:
            signal.pause()
    except OSError:
        print("no more processes", flush=True)
        time.sleep(2)
        break
""",
    "descriptors": """
held = []
try:
    while True: held.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    print("no more descriptors", len(held), flush=True)
    time.sleep(2)
""",
    "shared memory": """
held = []
while True:
    held.append(mmap.mmap(-1, 8 << 20))
    held[-1].write(b"x" * (8 << 20))
""",
}
ESCAPES = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve("/bin/sleep", ["sleep", "4711"], {})
    os._exit(0)
"""
IMPORTS = "import mmap, os, signal, sys, time\n"


@pytest.fixture(scope="module")
def both(ports: Ports) -> Iterator[Hosts]:
    """Blue serves; green has a Postgres, and runs what a test says beside it."""
    with Hosts.temporary() as hosts:
        address = small(hosts, ports, "blue")
        (hosts.root / ".address").write_text(address)
        hosts.apply("postgres", belt="green", **build.postgres(ports.one(), **LEAST))
        try:
            yield hosts
        finally:
            (hosts.root / ".address").unlink()


@pytest.mark.parametrize("eaten", one_of_each(EATS, of=lambda eaten: eaten.split()[0]))
def test_a_candidate_that_eats(both: Hosts, eaten: str) -> None:
    """It is ended within its own group; the serving belt answers every question meanwhile."""
    green = Layout(root=both.root, belt="green")
    before, postgres = _ended(both, "green"), both.pids("green")["postgres"]
    with _Asking((both.root / ".address").read_text()) as asking:
        done = _run(green, EATS[eaten], seconds=60)
        end_strays(green)
    assert not asking.failed
    assert asking.answered > 20
    assert _ended(both, "blue") == 0
    if "memory" in eaten:
        assert _ended(both, "green") > before, done
    else:
        assert "no more" in done or _ended(both, "green") > before, done
    assert both.pids("green")["postgres"] == postgres, "what the belt needs is not the first to go"


def test_a_program_that_escapes(both: Hosts, ports: Ports) -> None:
    """Neither a session of its own, nor a second fork, nor another environment leads out of the group."""
    both.apply("postgres", belt="red", **build.postgres(ports.one(), **LEAST))
    red = Layout(root=both.root, belt="red")
    folders = [place / "belts" / group.name(red) for place in _tops()]
    _run(red, ESCAPES, seconds=20)
    escaped = [pid for pid in group.members(red) if _arguments(pid) == "sleep 4711"]
    assert len(escaped) == 1
    assert escaped[0] not in {process.pid for process in leftovers.of_belt(red)}
    assert both.run("remove", "--all", "--root", str(both.root), "red").code == 0
    assert _arguments(escaped[0]) != "sleep 4711", "it runs no more, be it that nobody has asked how it ended"
    assert not [folder for folder in folders if folder.exists()], "no group is left behind"


def test_a_group_that_was_removed(both: Hosts) -> None:
    """After a reboot there is none: what is applied again is held again, without being started anew."""
    green = Layout(root=both.root, belt="green")
    postgres = both.pids("green")["postgres"]
    for folder in (place / "belts" / group.name(green) for place in _tops()):
        for pid in (folder / "cgroup.procs").read_text().split():
            (folder.parent.parent / "cgroup.procs").write_text(pid)
        folder.rmdir()
    assert "nothing holds it to its memory" in both.run("status", "--root", str(both.root), "green").said
    assert both.run("heal", "--root", str(both.root), "green").code == 0
    status = both.status("green")["limits"]
    assert (status["held"], status["outside"]) == (True, [])
    assert both.pids("green")["postgres"] == postgres


def test_what_status_says(both: Hosts) -> None:
    """What a belt may take and takes, and nothing of a gateway."""
    limits = both.status("green")["limits"]
    assert (limits["held"], limits["memoryMb"], limits["processes"]) == (True, 320, 4096)
    assert 0 <= limits["takenMb"] < 320  # version 1 leaves what was taken with the group it was taken in
    assert both.status("blue")["limits"]["outside"] == []
    said = both.run("status", "--root", str(both.root), "green").said
    assert "green: held to 320 MB of memory (takes " in said


def test_no_core_is_left(both: Hosts) -> None:
    """Of no program: a core holds the secrets of its belt."""
    for belt in ("blue", "green"):
        pids = [pid for name, pid in both.pids(belt).items() if name != "supervisord"]
        for limits in ((Path("/proc") / str(pid) / "limits").read_text() for pid in pids):
            line = next(line for line in limits.splitlines() if line.startswith("Max core"))
            assert line.split()[4:6] == ["0", "0"]


@pytest.mark.parametrize("way", ["ordinary user", "read-only"])
def test_a_host_that_makes_no_groups(tmp_path: Path, way: str) -> None:
    """The belt is told why nothing holds it, and nothing fails."""
    tmp_path.chmod(0o777)
    for folder in tmp_path.parents:
        if str(folder).startswith("/tmp/"):
            folder.chmod(0o755)
    child = os.fork() if way == "ordinary user" else None
    if child == 0:
        os.setgid(65534)
        os.setuid(65534)
        held = group.hold(Layout(root=tmp_path, belt="blue"), 64)
        (tmp_path / "said").write_text(repr(held))
        os._exit(0)
    if child is not None:
        os.waitpid(child, 0)
        said = (tmp_path / "said").read_text()
        assert "Permission denied (/sys/fs/cgroup" in said
        return
    ask = (
        "from pathlib import Path\n"
        "from belts.runtimes.process.confine import group\n"
        "from belts.runtimes.process.files.layout import Layout\n"
        f"print(repr(group.hold(Layout(root=Path({str(tmp_path)!r}), belt='blue'), 64)))"
    )
    closed = " && ".join(f"mount --bind {at} {at} && mount -o remount,bind,ro {at}" for at in _tops())
    command = ["unshare", "--mount", "sh", "-c", f'{closed} && exec "$0" -c "$1"', sys.executable, ask]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60)
    assert "Loose(why='Read-only file system (/sys/fs/cgroup" in done.stdout, done.stderr


class _Asking:
    """Somebody who asks the serving belt all the while."""

    def __init__(self, address: str) -> None:
        self.answered, self.failed = 0, list[str]()
        self._url = f"http://{address}/v1/graphql"
        self._over = Event()
        self._thread = Thread(target=self._ask)

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: self.answered or self.failed, "a first answer")
        return self

    def __exit__(self, *_: object) -> None:
        wait_until(lambda: self.answered > 20 or self.failed, "more answers")
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        with plain.client(timeout=30) as client:
            while not self._over.is_set():
                try:
                    answer = client.post(self._url, json={"query": "{ who { name } }"}).json()
                    assert answer == {"data": {"who": [{"name": "blue"}]}}, json.dumps(answer)
                    self.answered += 1
                except Exception as failure:  # noqa: BLE001 -- each is one that a consumer has seen
                    self.failed.append(repr(failure))


def _run(layout: Layout, code: str, *, seconds: float) -> str:
    """Runs it as the belt's indexer, until it ends or is ended."""
    log = layout.logs / "eater.log"
    log.unlink(missing_ok=True)
    program = Program(name="indexer", argv=(sys.executable, "-c", IMPORTS + code), cwd=layout.home)
    with identity.start(layout, program, log) as process:
        process.wait(seconds)
    return f"{process.returncode}: {log.read_text()[-300:]}"


def end_strays(layout: Layout) -> None:
    """Ends what the eater has left, and nothing else of the belt."""
    while left := [pid for pid in group.members(layout) if _arguments(pid).startswith(sys.executable)]:
        for pid in left:
            subprocess.run(["kill", "-9", str(pid)], check=False, capture_output=True)


def _ended(hosts: Hosts, belt: str) -> int:
    ended: int = hosts.status(belt)["limits"]["ended"]
    return ended


def _arguments(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except OSError:
        return ""


def _tops() -> list[Path]:
    return [found.place for name in ("memory", "pids") if (found := hierarchy.parent(name)) is not None]
