"""What other roots of this machine hold is seen by what the kernel shows of them, and by no registry."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from belts.files import write_private_json
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import beside, listeners, memory, ports
from belts.runtimes.process.guards.beside import Beside
from belts.runtimes.process.supervise import supervisord
from belts.runtimes.process.wire.request import Request, from_json

HOLD = """
import socket, sys
if sys.argv[-1] != "0":
    held = socket.create_server(("127.0.0.1", int(sys.argv[-1])))
print("up", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A root that is not the one of the tests."""
    return tmp_path / "others"


def asked(root: Path, belt: str = "blue", **fields: Any) -> Request:
    known = {"version": 3, "part": "postgres", "root": str(root), "belt": belt, "port": 5432}
    return from_json(known | fields)


@contextmanager
def supervised(layout: Layout, port: int = 0, *, command: Path | None = None) -> Iterator[int]:
    """A process that looks as the supervisor of a belt does, or has another configuration."""
    configuration = command or layout.supervisor / "supervisord.conf"
    script = layout.root / "hold.py"
    script.parent.mkdir(exist_ok=True)
    script.write_text(HOLD)
    words = [sys.executable, str(script), "-m", supervisord.MODULE, "-c", str(configuration), str(port)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


def of(root: Path, seen: tuple[Beside, ...]) -> list[Beside]:
    """Other tests run beside these."""
    return [one for one in seen if one.home.parent == root]


def test_a_belt_below_another_root(tmp_path: Path, other: Path) -> None:
    """It is seen with what it declares while its supervisor runs; not from its own root, nor by a link."""
    layout = Layout(root=other, belt="blue")
    write_private_json(layout.request("postgres"), asked(other, memoryMb=700).raw)
    (tmp_path / "link").symlink_to(other)
    with supervised(layout) as pid:
        [found] = of(other, beside.seen(tmp_path))
        assert (found.memory_mb, found.known_by, found.uid) == (700, "declared", os.geteuid())
        assert pid in found.pids
        assert str(found) == f"blue below {other} 700 (declared)"
        assert of(other, beside.seen(other)) == of(other, beside.seen(tmp_path / "link")) == []
        assert of(other, beside.counted(tmp_path, {})) == [found]
        assert beside.counted(tmp_path, {beside.VARIABLE: beside.UNCOUNTED}) == ()
    assert of(other, beside.seen(tmp_path)) == []


def test_what_is_not_shown(tmp_path: Path, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then its control group tells what it may take; without one counts what its processes hold now."""
    layout = Layout(root=other, belt="blue")
    layout.requests.mkdir(parents=True)
    layout.request("postgres").mkdir()
    with supervised(layout):
        [found] = of(other, beside.seen(tmp_path))
        assert found.known_by.startswith("taken now")
        assert 1 <= found.memory_mb <= 100
        monkeypatch.setattr(beside, "_limit", lambda _: 640)
        [found] = of(other, beside.seen(tmp_path))
        assert (found.memory_mb, found.known_by) == (640, "what its control group may take")


@pytest.mark.parametrize("configuration", ["supervisord.conf", "/etc/supervisord.conf", "/a\0b", "/"])
def test_another_supervisor(tmp_path: Path, configuration: str) -> None:
    """One that keeps no belt is none of ours."""
    command = Path(configuration.replace("\0", "?"))
    with supervised(Layout(root=tmp_path, belt="blue"), command=command) as pid:
        assert [one for one in beside.seen(tmp_path / "elsewhere") if pid in one.pids] == []


def test_memory_beside_other_roots(tmp_path: Path, other: Path) -> None:
    """It counts against who asks for more, and says whose it is; what was given before comes back."""
    found = Beside(home=other / "green", uid=0, pids=frozenset(), memory_mb=500, known_by="declared")
    wanted = asked(tmp_path, memoryMb=401)
    with pytest.raises(Refused) as refused:
        memory.refuse_overcommitted([wanted], [], host_mb=1000, others=[found])
    assert f"green below {other} 500 (declared)" in refused.value.seen
    assert "901 MB" in refused.value.seen
    assert "BELTS_OTHER_ROOTS=uncounted" in refused.value.now
    memory.refuse_overcommitted([asked(tmp_path, memoryMb=400)], [], host_mb=1000, others=[found])
    memory.refuse_overcommitted([wanted], [wanted], host_mb=1000, others=[found])


def test_a_port_of_another_root(tmp_path: Path, other: Path, free_port: Callable[[], int]) -> None:
    """Refused with the belt and the root that hold it."""
    port = free_port()
    told = pytest.raises(Refused, match=rf"\(pid \d+, of blue below {other}\)")
    with supervised(Layout(root=other, belt="blue"), port), told:
        ports.refuse_held(asked(tmp_path, port=port))


def test_a_port_that_answers_nobody(tmp_path: Path, free_port: Callable[[], int]) -> None:
    """A listener whose queue is full takes no connection, and has the port all the same."""
    port = free_port()
    with socket.create_server(("127.0.0.1", port), backlog=0) as held, socket.socket() as one:
        one.connect(("127.0.0.1", port))
        assert held.fileno() > 0
        with pytest.raises(Refused, match=f"port {port} of its postgres is in use"):
            ports.refuse_held(asked(tmp_path, port=port))


@pytest.mark.parametrize(
    ("address", "family", "meets"),
    [
        ("127.0.0.1", socket.AF_INET, True),
        ("0.0.0.0", socket.AF_INET, True),
        ("127.0.0.2", socket.AF_INET, False),
        ("::", socket.AF_INET6, True),
        ("::1", socket.AF_INET6, False),
    ],
)
def test_who_listens(
    address: str, family: socket.AddressFamily, free_port: Callable[[], int], *, meets: bool
) -> None:
    """By the address at which it does: one of its own is in nobody's way."""
    port = free_port()
    assert listeners.of(port) == ()
    with socket.socket(family) as held:
        try:
            held.bind((address, port))
        except OSError:
            pytest.skip(f"this machine has no {address}")
        assert listeners.of(port) == ()
        held.listen()
        users = [each.uid for each in listeners.of(port)]
        assert users == ([os.geteuid()] if meets else [])


def test_a_process_of_another_user(monkeypatch: pytest.MonkeyPatch, other: Path) -> None:
    """What is not shown of it is told by its user, and by where that user has belts."""
    monkeypatch.setattr(listeners, "of", lambda _: (listeners.Listener(uid=0),))
    found = Beside(home=other / "green", uid=0, pids=frozenset(), memory_mb=1, known_by="declared")
    assert ports._of_another_user(1, [found]) == f"a process of root, who has belts below {other}"
    assert ports._of_another_user(1, []) == "a process of root"
