"""supervisord that opens the ports of its programs by itself and lends them: none is free in between.

`python -m belts.runtimes.process.supervise.ports -c FILE`, for `[fcgi-program:…]` with a `socket`, which the
program finds open as its descriptor 0. supervisor's own manager of such sockets closes one as soon as nothing
runs at it, and so as often as a program is started anew: then whoever listens there instead is told what its
clients tell it. Here one stays open until the settings name it no more. While its program does not run it is
bound and does not listen: connections are refused at once, as they are where nothing is.
"""

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
    """The socket of this address, which stays ours; None while another one has it."""
    if address not in _OPEN:
        fresh = socket.socket()
        try:
            # To bind beside connections that an earlier supervisor has left. With it off again, and having
            # listened once, the kernel gives the address to nobody else, whatever he asks for.
            fresh.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            fresh.bind(address)
            fresh.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
            # Connections of an ended program would keep the port from the next one for a minute, so that
            # it could not listen: they have this from here, and end with their program at once.
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
    """It listens no more and is bound as before. Of one that does not listen the kernel would keep in mind
    that nothing is read any more, for each connection that it takes later.
    """
    if one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        one.shutdown(socket.SHUT_RD)


class Loan:
    """A port as long as a program has it; supervisor drops this as soon as the program has ended."""

    def __init__(self, port: socket.socket | None) -> None:
        self._port = port
        self._nothing = -1 if port is not None else os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def fileno(self) -> int:
        """Where the port is another's, the program finds nothing there, and says so in its own words."""
        return self._nothing if self._port is None else self._port.fileno()

    def __del__(self) -> None:
        """What an ended program has left listening answers nobody."""
        if self._port is None:
            os.close(self._nothing)
        elif self._port.fileno() >= 0:
            _rest(self._port)


class Lender:
    """In the place of supervisor's `SocketManager`. A port that is another's ends no supervisor: the other
    programs of the belt run on."""

    def __init__(self, socket_config: Any, **_: Any) -> None:
        self._config = socket_config

    def config(self) -> Any:
        return self._config

    def get_socket(self) -> Loan:
        return Loan(opened(self._config.addr()))


class Supervisor(supervisord.Supervisor):  # type: ignore[misc]
    def remove_process_group(self, name: str) -> bool:
        """A program that is only changed is added again at once: meanwhile its port stays where it is."""
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
