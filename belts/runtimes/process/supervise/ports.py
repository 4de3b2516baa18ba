"""A supervisord that opens its programs' ports itself and lends them, so that a port is never free."""

import os
import socket
import struct
import sys
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from supervisor import process, supervisord  # type: ignore[import-untyped]
from supervisor.medusa import asyncore_25 as asyncore  # type: ignore[import-untyped]
from supervisor.options import ServerOptions  # type: ignore[import-untyped]

Address = tuple[str, int]

AT_ONCE = struct.pack("ii", 1, 0)
_OPEN: dict[Address, socket.socket] = {}


def opened(address: Address) -> socket.socket | None:
    """The socket of this address, which stays open; None if another process has the address."""
    if address not in _OPEN:
        fresh = socket.socket()
        try:
            # Allows to bind beside connections left by an earlier supervisor. With the option off again, and
            # after one listen, the kernel gives the address to no other process, whatever options it sets.
            fresh.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            fresh.bind(address)
            fresh.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
            # Connections of an ended program would block the port for a minute, so that the next one could
            # not listen: inheriting this, they end with their program at once.
            fresh.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            fresh.listen()
        except OSError:
            fresh.close()
            return None
        _rest(fresh)
        _OPEN[address] = fresh
    return _OPEN[address]


def close_but(wanted: Collection[Address]) -> None:
    for address in _OPEN.keys() - set(wanted):
        _OPEN.pop(address).close()


def _rest(one: socket.socket) -> None:
    """Stops listening and stays bound.

    On a socket that does not listen, the kernel would remember the shutdown for every connection accepted
    later.
    """
    if one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        one.shutdown(socket.SHUT_RD)


class Loan:
    """A port lent to a program; supervisor drops this object as soon as the program has ended."""

    def __init__(self, port: socket.socket | None) -> None:
        self._port = port
        self._nothing = -1 if port is not None else os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def fileno(self) -> int:
        """If another process has the port, the program gets an empty file there, and reports that itself."""
        return self._nothing if self._port is None else self._port.fileno()

    def __del__(self) -> None:
        """Stops listening, so that a socket left by an ended program answers no client."""
        if self._port is None:
            os.close(self._nothing)
        elif self._port.fileno() >= 0:
            _rest(self._port)


class Lender:
    """Replaces supervisor's `SocketManager`.

    A port that another process has does not end the supervisor: the other programs of the belt run on.
    """

    def __init__(self, socket_config: Any, **_: Any) -> None:
        self._config = socket_config

    def config(self) -> Any:
        return self._config

    def get_socket(self) -> Loan:
        return Loan(opened(self._config.addr()))


class Supervisor(supervisord.Supervisor):  # type: ignore[misc]
    def remove_process_group(self, name: str) -> bool:
        """A changed program is removed and added again at once: its port stays open meanwhile."""
        removed: bool = super().remove_process_group(name)
        groups = self.options.process_group_configs
        close_but([group.socket_config.addr() for group in groups if hasattr(group, "socket_config")])
        return removed


def main(arguments: list[str]) -> None:
    process.SocketManager = Lender  # supervisor can be told of no other
    options = ServerOptions()
    options.realize(arguments)
    options.first, options.test = True, False
    with suppress(asyncore.ExitNow):
        Supervisor(options).main()
    options.close_httpservers()
    options.close_logger()


if __name__ == "__main__":
    main(sys.argv[1:])
