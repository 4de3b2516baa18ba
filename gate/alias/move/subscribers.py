"""Sends subscribers after the alias: their open sockets still lead to the belt that it left."""

import sys

from belts.runtimes.runtime import Place
from gate.alias.state import Served, Standing


def follow(place: Place, served: Served) -> None:
    """After a move, closes the sockets to the belt that the alias left."""
    if served.left is not None and served.left.dial != served.serves.dial:
        send_away(place, served.left)


def send_away(place: Place, standing: Standing) -> None:
    """Closes the open sockets of a belt of this place; a failure is only reported, as the move is done."""
    left = place.drain(standing.belt)
    if left is not None:
        sys.stderr.write(f"{left}\n")
