"""The place where belts run: the one module that knows which there are, and gives one to the rest."""

from pathlib import Path

from belts.runtimes.process.host import Host
from belts.runtimes.runtime import Place


def place(root: Path) -> Place:
    """The belts below this directory, which run as processes of this host."""
    return Host(root)
