"""Sends subscribers after the alias: the sockets that they hold still lead to the belt that it left."""

import sys
from pathlib import Path

from belts.host import drain
from belts.host.layout import Layout
from gate.promotion.served import Served, Standing


def follow(hosts: Path, served: Served) -> None:
    """After the alias has moved: whoever listens to the belt that it left is sent to the one that serves."""
    if served.left is not None and served.left.dial != served.serves.dial:
        send_away(hosts, served.left)


def send_away(hosts: Path, standing: Standing) -> None:
    """Closes the open sockets of a belt on this host; the move is done, so a failure is told and no more."""
    left = drain.sockets(Layout(root=hosts, belt=standing.belt))
    if left is not None:
        sys.stderr.write(f"{left}\n")
