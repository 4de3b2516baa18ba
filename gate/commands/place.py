"""Where belts run and where an alias is kept: the one module that knows which kinds there are.

What is named by a directory alone, as on a command line, runs as processes of this host.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from belts.runtimes.process.host import Host
from belts.runtimes.runtime import Place
from belts.spec.runtime import Runtime
from gate.alias.directory import Directory
from gate.alias.store import Store

PLACES: Mapping[Runtime, Callable[[Path], Place]] = {Runtime.PROCESS: Host}
STORES: Mapping[Runtime, Callable[[Path, str], Store]] = {Runtime.PROCESS: Directory}


def place(root: Path, runtime: Runtime = Runtime.PROCESS) -> Place:
    """The belts below this directory."""
    return PLACES[runtime](root)


def alias(path: Path, gateway: str, runtime: Runtime = Runtime.PROCESS) -> Store:
    """The alias of a gateway."""
    return STORES[runtime](path, gateway)
