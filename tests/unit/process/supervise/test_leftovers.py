"""Whose a process is, as the kernel shows it to everybody."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from belts.files import write_private
from belts.runtimes.process.confine import users
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import listeners, ports
from belts.runtimes.process.guards.listeners import Listener
from belts.runtimes.process.supervise import leftovers
from belts.runtimes.process.supervise.leftovers import Process
from belts.runtimes.process.wire.request import from_json

USER = 70_000_000

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a belt a user of its own")


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A belt with a user of its own."""
    monkeypatch.setattr(users, "TAKEN", tmp_path / "users")
    users.TAKEN.mkdir()
    found = Layout(root=tmp_path, belt="blue")
    write_private(users.TAKEN / str(USER), str(found.home))
    return found


@pytest.fixture
def port() -> Iterator[int]:
    """Somebody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def test_an_indexer_whose_environment_is_not_shown(layout: Layout) -> None:
    """It is known by its user, who is nobody else's."""
    with subprocess.Popen(["sleep", "60"], user=USER, env={}) as one:
        try:
            assert leftovers.of_belt(layout) == (Process(pid=one.pid, program="indexer"),)
            assert leftovers.of_belt(Layout(root=layout.root, belt="green")) == ()
        finally:
            one.kill()


def test_a_port_of_an_indexer_that_root_may_not_look_into(
    layout: Layout, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user who listens there tells whose it is; another user's is refused, and is a stranger."""
    raw = {"version": 2, "part": "engine", "root": str(layout.root), "belt": "blue", "port": port}
    request, hidden = (
        from_json(raw),
        SimpleNamespace(pid=None, status="LISTEN", laddr=SimpleNamespace(port=port)),
    )
    monkeypatch.setattr(psutil, "net_connections", lambda _: [hidden])
    monkeypatch.setattr(ports, "LOOKS_S", (0.0,))
    monkeypatch.setattr(listeners, "of", lambda _: (Listener(uid=USER),))
    ports.refuse_held(request)
    assert ports.strangers(layout, port) == ()
    monkeypatch.setattr(listeners, "of", lambda _: (Listener(uid=USER + 1),))
    with pytest.raises(Refused, match="is in use"):
        ports.refuse_held(request)
    assert ports.strangers(layout, port) == ("a process of another user",)
    monkeypatch.setattr(listeners, "of", lambda _: (Listener(uid=USER), Listener(uid=0)))
    assert ports.strangers(layout, port) == ("a process of another user",)
