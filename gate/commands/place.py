"""Where belts run and where an alias is kept: the one module that knows which kinds there are."""

from pathlib import Path

from belts.runtimes.process.host import Host
from belts.runtimes.runtime import Place
from gate.alias.directory import Directory
from gate.alias.store import Store


def place(root: Path) -> Place:
    """The belts below this directory, which run as processes of this host."""
    return Host(root)


def alias(path: Path, gateway: str) -> Store:
    """The alias of a gateway, which the Caddy of this host reads."""
    return Directory(path, gateway)
