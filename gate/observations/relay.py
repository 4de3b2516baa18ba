"""Whom the relay of the candidate dials."""

from collections.abc import Mapping
from dataclasses import dataclass

from gate.secret import Address


@dataclass(frozen=True, kw_only=True, slots=True)
class Relay:
    """By chain; empty where the candidate asks its chains itself, and where it is given by URLs alone.

    Whom such a one asks its operator says, in the endpoints file.
    """

    dialled: Mapping[int, tuple[Address, ...]]
