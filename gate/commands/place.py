"""Where belts run and where an alias is kept: the one module that knows which kinds there are.

Nobody is given a place without its kind: on a command line that is `--runtime`, by itself `process`.
"""

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from belts.runtimes.process.host import Host
from belts.runtimes.runtime import Place
from belts.spec.runtime import GATEWAYS, Runtime
from gate.alias.directory import Directory
from gate.alias.order.elsewhere import Elsewhere
from gate.alias.remote.remote import Remote
from gate.alias.remote.remote import remembered as by_memory
from gate.alias.remote.two_commands import TwoCommands
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


def alias(path: Path, gateway: str, runtime: Runtime, *, elsewhere: Elsewhere | None = None) -> Store:
    """The alias of a gateway: what lies in its place, or what lives elsewhere and is remembered there."""
    local = STORES[runtime](path, gateway)
    return local if elsewhere is None else Remote(local=local, writer=TwoCommands(elsewhere=elsewhere))


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """An alias as it was last moved; `url` is where consumers ask one that lives elsewhere."""

    alias: Store
    url: str | None


def remembered(path: Path, gateway: str, runtime: Runtime, environment: Mapping[str, str]) -> Remembered:
    """The alias for whoever knows no stack; its secrets come from the environment."""
    local = STORES[runtime](path, gateway)
    writer = by_memory(local, environment)
    if writer is None:
        return Remembered(alias=local, url=None)
    return Remembered(alias=Remote(local=local, writer=writer), url=writer.alias.url)
