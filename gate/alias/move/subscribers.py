"""Sends subscribers after the alias: the sockets that they hold still lead to the belt that it left."""

import sys

from belts.runtimes.runtime import Place
from gate.alias.state import Served, Standing


def follow(place: Place, served: Served) -> None:
    """After the alias has moved: whoever listens to the belt that it left is sent to the one that serves."""
    if served.left is not None and served.left.dial != served.serves.dial:
        send_away(place, served.left)


def send_away(place: Place, standing: Standing) -> None:
    """Closes the open sockets of a belt of this place; the move is done, so a failure is told and no more."""
    left = place.drain(standing.belt)
    if left is not None:
        sys.stderr.write(f"{left}\n")
