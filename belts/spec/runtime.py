"""The kinds of places where what a stack declares may run."""

from enum import StrEnum


class Runtime(StrEnum):
    """Where the parts of a stack run. Closed on purpose: each member has a folder in `belts.runtimes`."""

    PROCESS = "process"
    URL = "url"
    """Somewhere else, in the hands of others: of such a belt its edge alone runs here."""


GATEWAYS = (Runtime.PROCESS,)
"""Where a gateway, and what it stands on, may run: others give nobody a place to keep an alias in."""
