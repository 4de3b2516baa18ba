"""Sends the subscribers of a belt away: the alias has moved, and their open sockets lead to the old belt."""

import signal
from http.client import HTTPException
from pathlib import Path

from belts.files import why_unread
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.progress import note
from belts.runtimes.process.supervise import caddy_admin, control, supervisord
from belts.spec.edge import EDGE
from belts.spec.engine import ENGINE

PATIENCE_S = 5.0
SIGNAL = signal.SIGUSR1
"""At it the engine closes every socket with 1001, upon which clients connect anew: through the alias."""


def sockets(layout: Layout) -> str | None:
    """None when nobody's socket is left, else why some may be; it never raises, and never waits long."""
    if not layout.home.is_dir():
        return f"{layout.belt} does not run on this host, and closes open subscriptions itself or not at all"
    if supervisord.pid(layout) is None:
        return None  # its engine died with it
    try:
        with control.connect(layout, patience_s=PATIENCE_S) as connected:
            states = connected.states()
            if EDGE in states:
                return _anew(layout)
            seen = states.get(ENGINE)
            if seen is None:
                return f"the engine of {layout.belt} runs elsewhere: open subscriptions may stay on it"
            if seen.pid and _listens_to(seen.pid):
                connected.signal(ENGINE, SIGNAL)
    except (OSError, HTTPException, Refused) as why:
        words = str(why).splitlines() or [type(why).__name__]
        return f"open subscriptions to {layout.belt} were not closed: {words[0]}"
    return None


def _anew(layout: Layout) -> str | None:
    """An edge is told to begin anew: it closes every socket, at once and with 1001, and stays up meanwhile.

    What it runs is what it has stored, so that nothing else comes of it.
    """
    try:
        config = caddy_admin.stored(layout, EDGE)
    except (OSError, ValueError) as why:
        return f"open subscriptions to {layout.belt} were not closed: {why_unread(why)}"
    if config is None:
        return None  # nothing was ever led through it
    left = caddy_admin.load(layout, EDGE, config, anew=True)
    return (
        None if left is None else f"open subscriptions to {layout.belt} were not closed: of its edge, {left}"
    )


def demand(layout: Layout) -> None:
    """The same for an operator, who wants to know when it was not done."""
    left = sockets(layout)
    if left is not None:
        raise Refused(
            f"the subscribers of {layout.belt} were not sent away",
            expected="an engine of it on this host that closes its sockets",
            seen=left,
            now="restart that engine where it runs, or wait until its clients leave",
        )
    note(f"{layout.belt}: its subscribers were sent away")


def _listens_to(pid: int) -> bool:
    """Whether the process handles the signal: one that has just begun would die of it, and has no sockets."""
    try:
        status = (Path("/proc") / str(pid) / "status").read_text()
    except OSError:
        return False
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (SIGNAL - 1) & 1)
