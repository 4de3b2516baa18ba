"""The open WebSockets, by address: when all are taken, who has most makes room for who has few."""

from collections.abc import Iterator
from typing import Protocol

from belts.engine.clients.accounts import Account


class Closable(Protocol):
    """A connection that stays open."""

    address: Account
    """Whose it is."""

    @property
    def idle(self) -> bool:
        """Whether nothing is asked on it."""

    def close(self, code: int, reason: str) -> None:
        """Asks for it to be closed."""

    def replan(self) -> None:
        """Tells it that the metadata changed."""


class Sockets:
    """Those that are open and have not been told to make room."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._number = 0
        self._of: dict[Account, set[Closable]] = {}

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[Closable]:
        return (socket for sockets in tuple(self._of.values()) for socket in tuple(sockets))

    def add(self, socket: Closable) -> None:
        """It is open."""
        self._of.setdefault(socket.address, set()).add(socket)
        self._number += 1

    def discard(self, socket: Closable) -> None:
        """It is open no more, or soon."""
        sockets = self._of.get(socket.address)
        if sockets is None or socket not in sockets:
            return
        sockets.remove(socket)
        self._number -= 1
        if not sockets:
            del self._of[socket.address]

    def room(self, address: Account) -> bool:
        """Whether there is room for one more of this address, which another address may have to make."""
        if self._number < self.most:
            return True
        most = max(self._of.values(), key=len)
        if len(most) <= len(self._of.get(address, ())) + 1:
            return False
        goes = next((socket for socket in most if socket.idle), None) or next(iter(most))
        # It takes a while until it is closed, and meanwhile the next one who comes needs another's place.
        self.discard(goes)
        goes.close(1013, "others have no socket, and this address has many")
        return True
