"""Where an engine listens: what it is handed, and the socket of its gateway."""

import os
import socket
import stat
from pathlib import Path

import pytest

from belts.engine import listening
from tests.unit.engine import build


def test_it_opens_its_own() -> None:
    """Where nothing is said of one that it is given."""
    assert listening.port(build.settings()) is None


def test_a_port_that_is_handed_over() -> None:
    """It is the same one, and nothing is bound anew."""
    with socket.create_server(("127.0.0.1", 0)) as given:
        found = listening.port(build.settings(listen_fd=os.dup(given.fileno())))
        assert found is not None
        with found:
            assert found.getsockname() == given.getsockname()


def test_nothing_that_is_handed_over() -> None:
    """Somebody else has the port: it says who is to be looked for, and opens none of its own."""
    with Path(os.devnull).open() as nothing, pytest.raises(listening.NotHandedOver) as refused:
        listening.port(build.settings(listen_fd=nothing.fileno(), port=8501))
    assert "sport = :8501" in refused.value.now


def test_the_socket_of_the_gateway(tmp_path: Path) -> None:
    """For its owner alone; what an engine before it has left is replaced."""
    path = tmp_path / "engine.sock"
    for _ in range(2):
        with listening.for_gateway(path):
            mode = path.stat().st_mode
            assert (stat.S_ISSOCK(mode), stat.S_IMODE(mode)) == (True, 0o600)
