"""Talks to a belt's supervisord through supervisor's own client, over the socket in the belt's directory."""

import os
import socket
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from xml.parsers.expat import ExpatError
from xmlrpc.client import Error, Fault, ServerProxy

from supervisor.xmlrpc import Faults, SupervisorTransport  # type: ignore[import-untyped]

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout

SOCKET = "control.sock"
CALL_TIMEOUT_S = 90.0
RUNNING, STARTING = "RUNNING", "STARTING"
UP = frozenset({RUNNING, STARTING})
RESTING = frozenset({"STOPPED", "EXITED", "FATAL", "BACKOFF"})
GONE = frozenset({"STOPPED", "EXITED", "FATAL"})
NOT_OUR_TROUBLE = frozenset({Faults.ALREADY_STARTED, Faults.SPAWN_ERROR, Faults.ABNORMAL_TERMINATION})


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """What supervisord reports of one program."""

    name: str
    state: str
    pid: int
    started_at: int


class Control:
    """The calls that are needed, by purpose."""

    def __init__(self, calls: Any) -> None:
        self._calls = calls

    def ping(self) -> None:
        self._calls.getSupervisorVersion()

    def reread(self) -> tuple[frozenset[str], frozenset[str]]:
        """Rereads the configuration; returns the added and the changed programs."""
        added, changed, _ = self._calls.reloadConfig()[0]
        return frozenset(added), frozenset(changed)

    def states(self) -> dict[str, State]:
        return {info["name"]: _state(info) for info in self._calls.getAllProcessInfo()}

    def add(self, name: str) -> None:
        self._calls.addProcessGroup(name)

    def stop(self, names: Collection[str]) -> None:
        """Ends programs, all at once, and waits for their end.

        It polls because supervisord checks its children only once a second, or at a call.
        """
        for name in names:
            self._calls.stopProcessGroup(name, False)  # noqa: FBT003 -- the protocol has no names; do not wait
        while any(state.state not in GONE for name, state in self.states().items() if name in names):
            time.sleep(0.05)

    def signal(self, name: str, number: int) -> None:
        """Sends a signal to the process itself, not to its group."""
        self._calls.signalProcess(name, str(int(number)))

    def drop(self, names: Collection[str]) -> None:
        """Ends programs and forgets them."""
        self.stop(names)
        for name in names:
            self._calls.removeProcessGroup(name)

    def rouse(self, name: str) -> bool:
        """Starts a program that stopped after crashes or by hand; returns False if it runs already."""
        if _state(self._calls.getProcessInfo(name)).state not in RESTING:
            return False
        try:
            self._calls.startProcess(name, False)  # noqa: FBT003 -- the protocol has no names; do not wait
        except Fault as fault:
            if fault.faultCode not in NOT_OUR_TROUBLE:  # whether it stays up is seen by who waits for it
                raise
        return True


@contextmanager
def connect(layout: Layout, *, patience_s: float = CALL_TIMEOUT_S) -> Iterator[Control]:
    """Connects to the socket through a descriptor of its directory.

    The path of a socket may have only 107 characters, and checkouts lie deeper than that.
    """
    directory = os.open(layout.supervisor, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(patience_s)
    transport = SupervisorTransport(None, None, f"unix:///proc/self/fd/{directory}/{SOCKET}")
    try:
        yield Control(ServerProxy("http://localhost", transport=transport).supervisor)
    except (Error, HTTPException, ExpatError) as why:
        raise Refused(
            f"the supervisor of {layout.belt} does not do what it was told",
            expected="its calls to be done",
            seen=str(why) or type(why).__name__,
            now=f"read {layout.supervisor / 'supervisord.log'}, and run the same again",
        ) from why
    finally:
        transport.close()
        socket.setdefaulttimeout(patience)
        os.close(directory)


def _state(info: dict[str, Any]) -> State:
    return State(name=info["name"], state=info["statename"], pid=info["pid"], started_at=info["start"])
