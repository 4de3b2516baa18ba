"""Messages on WebSockets of which the end does not come: counted as bodies are, from their first byte on."""

import contextlib
import socket
import struct
import time
from collections.abc import Callable

import psutil
import pytest

from tests.live import plain
from tests.live.engine.serving import SECRET, Engine

pytestmark = pytest.mark.live

HANDSHAKE = (
    "GET /v1/graphql HTTP/1.1\r\nhost: belt\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n"
    "sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
)
INIT = b'{"type":"connection_init"}'
SIZE, SOCKETS = 1_000_000, 60
KEPT = 4 * 2**20
TEXT, CONT, PING, FIN, MASKED = 0x01, 0x00, 0x09, 0x80, 0x80


def frame(kind: int, data: bytes, *, says: int | None = None) -> bytes:
    """A frame that says that it is so long; by its mask of zeros its bytes are as they are."""
    length = len(data) if says is None else says
    head = struct.pack("!BBQ", kind, MASKED | 127, length) if length > 125 else bytes((kind, MASKED | length))
    return head + bytes(4) + data


def wired(engine: Engine, *, ready: bool = True) -> socket.socket:
    wire = socket.create_connection(("127.0.0.1", engine.port), timeout=20)
    wire.sendall(HANDSHAKE.encode())
    while b"\r\n\r\n" not in wire.recv(65_536):
        pass
    if ready:
        wire.sendall(frame(TEXT | FIN, INIT))
        assert b"connection_ack" in wire.recv(65_536)
    return wire


def ended(wire: socket.socket) -> bytes:
    """All that was still said on it; nothing where it does not end."""
    said = b""
    try:
        while data := wire.recv(65_536):
            said += data
    except TimeoutError:
        return b""
    except OSError:
        pass
    return said or b"\0"


def memory(engine: Engine) -> int:
    assert engine.process is not None
    return int(psutil.Process(engine.process.pid).memory_info().rss)


def say(wire: socket.socket, data: bytes) -> None:
    # It may have been closed, which is what is looked at afterwards.
    with contextlib.suppress(OSError):
        wire.sendall(data)


@pytest.fixture
def little(another: Callable[..., Engine]) -> Engine:
    """An engine that keeps little."""
    return another(BELTS_ENGINE_MAX_HELD_BYTES=str(KEPT))


def test_half_a_message_on_many_sockets(little: Engine) -> None:
    """Those beyond what may be kept are closed, with the reason; and the engine holds no more than that."""
    wires = [wired(little) for _ in range(SOCKETS)]
    before = memory(little)
    for wire in wires:
        say(wire, frame(TEXT | FIN, b"x" * (SIZE - 1), says=SIZE))
    time.sleep(1)
    assert memory(little) - before < 6 * KEPT
    said = [ended(wire) for wire in wires[-3:]]
    assert all(said)
    assert any(b"too much is kept" in each for each in said)
    for wire in wires:
        wire.close()


def test_pieces_without_end(little: Engine) -> None:
    """A message in pieces of nothing is one that grows."""
    wire = wired(little)
    say(wire, frame(TEXT, b"x"))
    for _ in range(100):
        say(wire, frame(CONT, b"") * 1_000)
    assert ended(wire)
    wire.close()


def test_before_anything_is_said(little: Engine) -> None:
    """Nobody keeps a large message of whom nothing is known."""
    wire = wired(little, ready=False)
    say(wire, frame(TEXT | FIN, b"x" * 100_000, says=SIZE))
    assert b"before the connection is initialised" in ended(wire)
    wire.close()


def test_a_message_that_comes_slowly(little: Engine) -> None:
    """What may be kept is read when it is whole, and counts no more."""
    wire = wired(little)
    text = b'{"type":"ping","payload":"' + b"x" * 200_000 + b'"}'
    for _ in range(40):
        whole = frame(TEXT | FIN, text)
        for start in range(0, len(whole), 50_000):
            wire.sendall(whole[start : start + 50_000])
        assert b"pong" in wire.recv(65_536)
    wire.close()
    answer = plain.post(
        f"{little.url}/v1/graphql",
        json={"query": "{ __typename }"},
        headers={"x-hasura-admin-secret": SECRET},
    )
    assert answer.json() == {"data": {"__typename": "query_root"}}


@pytest.mark.parametrize("kind", [PING | FIN, CONT])
def test_a_flood_of_frames_that_say_nothing(little: Engine, kind: int) -> None:
    """They are as many as messages: who sends more is not read, and then not waited for."""
    wire, other = wired(little), wired(little)
    if kind == CONT:
        say(wire, frame(TEXT, b"x"))
    for _ in range(100):
        say(wire, frame(kind, b"") * 1_000)
    assert ended(wire)
    wire.close()
    answer = plain.post(f"{little.url}/v1/graphql", json={"query": "{ __typename }"})
    assert answer.status_code == 200
    other.close()


def test_pings_now_and_then(little: Engine) -> None:
    """Each is answered."""
    wire = wired(little)
    for _ in range(200):
        wire.sendall(frame(PING | FIN, b"p"))
        assert wire.recv(3) == b"\x8a\x01p"
    wire.close()
