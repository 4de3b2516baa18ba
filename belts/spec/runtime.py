"""The kinds of places where what a stack declares may run."""

from enum import StrEnum


class Runtime(StrEnum):
    """Where the parts of a stack run. Closed on purpose: each member has a folder in `belts.runtimes`."""

    PROCESS = "process"
