"""Who took the port of a Postgres and does not know its password: asks for it in clear, or lets everybody in.

One of them, `HONEST`, does know it, and shows it.
"""

import base64
import hashlib
import hmac
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PASSWORD = "s3cret-of-the-belt"
SOME_PORT = 5432
SSL_REQUEST = 80877103
READY = b"R\0\0\0\x08\0\0\0\0S\0\0\0\x18server_version\00016.1\0K\0\0\0\x0c\0\0\0\1\0\0\0\1Z\0\0\0\x05I"

FORMS = {
    "the password in clear": "clear",
    "MD5 of the password": "md5",
    "nothing": "trust",
    "nothing after a first step of SCRAM": "early",
    "the password in clear after a first step of SCRAM": "later",
    "SCRAM, and its signature is made up": "forged",
    "GSSAPI": "gss",
}
HONEST = "honest"
SALT, ROUNDS = b"saltsalt", 4096


@dataclass
class Impostor:
    """One who listens, and what it was sent."""

    port: int
    form: str
    sent: list[bytes] = field(default_factory=list)

    @property
    def told(self) -> bytes:
        """All that clients sent, of all connections."""
        return b"".join(self.sent)

    def learnt(self) -> list[str]:
        """What of the password it can read, however it is spelt; messages where none are due."""
        user = b"engine"
        md5 = hashlib.md5(PASSWORD.encode() + user).hexdigest()
        found = [word for word in (PASSWORD, md5) if word.encode() in self.told]
        if self.form in {"clear", "md5", "trust", "gss"}:
            found += [repr(message) for message in self.sent if message[:1] in {b"p", b"Q", b"P"}]
        return found


@contextmanager
def listening(form: str, *, folder: Path | None = None) -> Iterator[Impostor]:
    """An impostor of one of `FORMS` on a port of its own, or at a socket in a folder."""
    with socket.socket(socket.AF_INET if folder is None else socket.AF_UNIX) as server:
        server.bind(("127.0.0.1", 0) if folder is None else str(folder / f".s.PGSQL.{SOME_PORT}"))
        server.listen()
        server.settimeout(0.2)
        found = Impostor(port=server.getsockname()[1] if folder is None else SOME_PORT, form=form)
        ends = threading.Event()
        thread = threading.Thread(target=_serve, args=(server, found, ends))
        thread.start()
        try:
            yield found
        finally:
            ends.set()
            thread.join()


def _serve(server: socket.socket, impostor: Impostor, ends: threading.Event) -> None:
    while not ends.is_set():
        with suppress(TimeoutError):
            connection, _ = server.accept()
            connection.settimeout(2)
            with connection, suppress(OSError):
                _speak(connection, impostor)


def _speak(connection: socket.socket, impostor: Impostor) -> None:
    while struct.unpack("!I", (first := _framed(connection))[:4])[0] == SSL_REQUEST:
        connection.sendall(b"N")
    impostor.sent.append(first)
    said: list[bytes] = []
    for answer in _answers(impostor.form):
        said.append(answer(said, impostor.sent) if callable(answer) else answer)
        connection.sendall(said[-1])
        kind = connection.recv(1)
        if not kind:
            return
        impostor.sent.append(kind + _framed(connection))
    while rest := connection.recv(4096):
        impostor.sent.append(rest)


def _answers(form: str) -> list[Any]:
    sasl = _asks(10, b"SCRAM-SHA-256\0\0")
    match form:
        case "clear":
            return [_asks(3), READY]
        case "md5":
            return [_asks(5, b"salt"), READY]
        case "gss":
            return [_asks(7)]
        case "trust":
            return [READY]
        case "early":
            return [sasl, READY]
        case "later":
            return [sasl, _asks(3), READY]
        case "honest":
            return [sasl, _continued, _signed]
        case _:
            return [sasl, _continued, _asks(12, b"v=" + b"A" * 43 + b"=") + READY]


def _continued(_said: list[bytes], sent: list[bytes]) -> bytes:
    nonce = sent[-1].rpartition(b"r=")[2]
    return _asks(11, b"r=%bmore,s=%b,i=%d" % (nonce, base64.b64encode(SALT), ROUNDS))


def _signed(said: list[bytes], sent: list[bytes]) -> bytes:
    """What only one who knows the password can say."""
    first, last = sent[-2].partition(b"n,,")[2], sent[-1][1:].rpartition(b",p=")[0]
    salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), SALT, ROUNDS)
    key = hmac.digest(salted, b"Server Key", "sha256")
    signature = hmac.digest(key, b",".join((first, said[-1][9:], last)), "sha256")
    return _asks(12, b"v=" + base64.b64encode(signature)) + READY


def _asks(number: int, more: bytes = b"") -> bytes:
    return b"R" + struct.pack("!II", len(more) + 8, number) + more


def _framed(connection: socket.socket) -> bytes:
    length = struct.unpack("!I", connection.recv(4, socket.MSG_WAITALL))[0]
    return connection.recv(length - 4, socket.MSG_WAITALL)
