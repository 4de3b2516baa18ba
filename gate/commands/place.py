"""Where belts run and where an alias is kept: the one module that knows which kinds there are.

Nobody is given a place without its kind: on a command line that is `--runtime`, by itself `process`.
"""

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from pathlib import Path

from belts.runtimes.process.host import Host
from belts.runtimes.runtime import Place
from belts.spec.runtime import GATEWAYS, Runtime
from gate.alias.directory import Directory
from gate.alias.store import Store

PLACES: Mapping[Runtime, Callable[[Path], Place]] = {Runtime.PROCESS: Host}
STORES: Mapping[Runtime, Callable[[Path, str], Store]] = {Runtime.PROCESS: Directory}


def runtime_argument(parser: ArgumentParser) -> None:
    """How a command line says of which kind the place is."""
    kinds = ", ".join(GATEWAYS)
    parser.add_argument(
        "--runtime",
        type=Runtime,
        choices=[*GATEWAYS],
        default=Runtime.PROCESS,
        metavar="KIND",
        help=f"where the parts of the gateway run, as its stack says: {kinds}",
    )


def place(root: Path, runtime: Runtime) -> Place:
    """The belts below this directory."""
    return PLACES[runtime](root)


def alias(path: Path, gateway: str, runtime: Runtime) -> Store:
    """The alias of a gateway."""
    return STORES[runtime](path, gateway)
