"""Where the engine listens: at a port, which may be passed to it open, and at a socket for its gateway."""

import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

from belts.engine.settings import Settings
from belts.refusal import Refusal

BACKLOG = 2_048
OWNER_ALONE = 0o600


class NotHandedOver(Refusal):
    """The descriptor that was to be the engine's port is not a socket."""


def port(settings: Settings) -> socket.socket | None:
    """The port that the parent process opened; None if the engine opens its own."""
    if settings.listen_fd is None:
        return None
    if not _is_socket(settings.listen_fd):
        raise NotHandedOver(
            "the engine does not start: it was given no port to listen at",
            expected=f"port {settings.port}, open as descriptor {settings.listen_fd}",
            seen="no socket: somebody else listened at that port when the supervisor was to open it",
            now=f"see who listens there (`ss -ltnp 'sport = :{settings.port}'`), and end it; the supervisor"
            " tries again by itself",
        )
    return socket.socket(fileno=settings.listen_fd)


def for_gateway(path: Path) -> socket.socket:
    """A unix socket; replaces one left by an earlier engine."""
    with suppress(FileNotFoundError):
        path.unlink()
    opened = socket.socket(socket.AF_UNIX)
    opened.bind(str(path))
    path.chmod(OWNER_ALONE)
    return opened


def _is_socket(descriptor: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError:
        return False
