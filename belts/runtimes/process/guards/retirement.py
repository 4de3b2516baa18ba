"""Whether a belt may go: not while a gateway needs it, and not under those who still read it.

A belt that has served is kept from going by its readers until each is acknowledged by name; of one that never
served, or that was released, they are only told. Once its removal has begun it goes to its end: who comes
then finds a belt that is half gone.
"""

import shlex
from collections.abc import Sequence

from belts.runtimes.process import lease_files
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import readers
from belts.runtimes.process.guards.readers import Reader
from belts.runtimes.process.progress import note

PARTS = frozenset({"postgres", "engine", "indexer", "edge"})
"""The parts of a belt; what belongs to a gateway or to chains is held by nobody."""


def check(layout: Layout, *, everybody: bool = False) -> tuple[Reader, ...]:
    """Refuses what may not go, and names those who read what may; `everybody` acknowledges all of them."""
    if held := lease_files.holding(layout.home):
        raise _held(layout, held)
    if lease_files.goes(layout.home):
        return ()
    found = readers.of_belt(layout)
    by_name = readers.acknowledged(layout)
    staying = [each for each in found if not each.among(by_name)]
    if staying and not everybody and lease_files.of_living(layout.home):
        raise _read(layout, staying, by_name)
    return found


def begin(layout: Layout, *, everybody: bool = False) -> None:
    """From here on the belt goes, and can be leased no more."""
    if not layout.home.exists():
        return
    for reader in check(layout, everybody=everybody):
        note(f"{layout.belt}: is cut off: {reader}")
    if held := lease_files.go(layout.home):
        raise _held(layout, held)


def _held(layout: Layout, held: Sequence[str]) -> Refused:
    return Refused(
        f"{layout.belt} stays",
        expected="a belt that no gateway needs, before anything of it is removed",
        seen="; ".join(held),
        now="wait until it has soaked; where it serves, first move the alias to another belt. "
        f"The lease of a gateway that is gone for good is a file in {layout.home / lease_files.FOLDER}: "
        "remove it",
    )


def _read(layout: Layout, staying: Sequence[Reader], known: Sequence[str]) -> Refused:
    names = [*known, *(each.who for each in staying)]
    settings = [f"acknowledgedReaders[{index}]={name}" for index, name in enumerate(names)]
    set_all = shlex.join(
        [
            *("pulumi", "config", "set-all", "--stack", layout.belt, "--path"),
            *(word for setting in settings for word in ("--plaintext", setting)),
        ]
    )
    return Refused(
        f"{layout.belt} stays: somebody still reads it",
        expected="nobody who reads a belt that serves no more",
        seen="\n            ".join(map(str, staying)),
        now="let them read through the gateway and look again in ten minutes; or cut them off by name:\n"
        f"            {set_all}\n"
        f"            pulumi up --stack {layout.belt}\n"
        "            (without Pulumi: `python -m belts remove --all --acknowledge-readers`)",
    )
