"""The open WebSockets, by address: when all are taken, the one with most gives up one."""

from collections.abc import Iterator
from typing import Protocol

from belts.engine.clients.accounts import Account


class Closable(Protocol):
    """A connection that stays open."""

    address: Account
    """The account of its address."""

    @property
    def idle(self) -> bool:
        """Whether it has no open operation."""

    def close(self, code: int, reason: str) -> None:
        """Requests that it is closed."""

    def replan(self) -> None:
        """Tells it that the metadata changed."""


class Sockets:
    """The open sockets that were not closed to make room."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._number = 0
        self._of: dict[Account, set[Closable]] = {}

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[Closable]:
        return (socket for sockets in tuple(self._of.values()) for socket in tuple(sockets))

    def add(self, socket: Closable) -> None:
        """Adds an open socket."""
        self._of.setdefault(socket.address, set()).add(socket)
        self._number += 1

    def discard(self, socket: Closable) -> None:
        """Removes a socket that is or will be closed."""
        sockets = self._of.get(socket.address)
        if sockets is None or socket not in sockets:
            return
        sockets.remove(socket)
        self._number -= 1
        if not sockets:
            del self._of[socket.address]

    def room(self, address: Account) -> bool:
        """Whether there is room for one more of this address; may close a socket of another address."""
        if self._number < self.most:
            return True
        most = max(self._of.values(), key=len)
        if len(most) <= len(self._of.get(address, ())) + 1:
            return False
        goes = next((socket for socket in most if socket.idle), None) or next(iter(most))
        # It takes a while to close, and the next new socket must not choose it again.
        self.discard(goes)
        goes.close(1013, "others have no socket, and this address has many")
        return True
