"""A small disk of its own for a host of belts, which a test may fill to the last byte."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.live import places
from tests.live.hosts import Hosts

PREFIX = "b-m-"
BYTES = 1024 * 1024 * 1024
EATEN = "eaten"
OWNER, HOST = "owner", "h"


@contextmanager
def of_host() -> Iterator[Hosts]:
    """A host whose belts are alone on their disk; as nobody but root may mount one, else on the machine's."""
    swept()
    place = places.temporary(PREFIX)
    (place / OWNER).write_text(str(os.getpid()))
    disk = place / HOST
    disk.mkdir()
    if os.geteuid() == 0:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={BYTES}", "tmpfs", str(disk)], check=True)
    hosts = Hosts(disk / HOST)
    hosts.root.mkdir()
    try:
        yield hosts
    finally:
        emptied(disk)
        hosts.tear_down()
        gone(place)


def filled(hosts: Hosts) -> None:
    """Not a byte more can be written, whoever tries."""
    with (hosts.root.parent / EATEN).open("ab", buffering=0) as file:
        for size in (1024 * 1024, 4096):
            with suppress(OSError):
                while file.write(b"x" * size) == size:
                    pass


def emptied(disk: Path) -> None:
    """There is room again."""
    (disk / EATEN).unlink(missing_ok=True)


def swept() -> None:
    """What runs that were killed have left."""
    for place in places.all_of(PREFIX):
        with suppress(FileNotFoundError):
            if not (Path("/proc") / (place / OWNER).read_text()).exists():
                if (place / HOST / HOST).is_dir():
                    emptied(place / HOST)
                    Hosts(place / HOST / HOST).tear_down()
                gone(place)


def gone(place: Path) -> None:
    if os.path.ismount(place / HOST):
        subprocess.run(["umount", str(place / HOST)], check=True)
    shutil.rmtree(place)
