"""Where the parts of a belt meet without a port: a folder for each pair of users, whom alone it lets in.

A port belongs to whoever takes it first, a folder to whom its modes say. Whoever dials a socket here names
its whole path, of which the kernel takes no more than 107 bytes: so the directory of belts has to be a short
one.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

from belts.files import PRIVATE_DIR, private_dir
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout

FOLDER = "sockets"
ENGINE = "engine.sock"
LONGEST = 107
PLAIN = re.compile(r"[A-Za-z0-9._/@+-]+")
"""What may be written unquoted wherever a path of a socket is: in settings of Postgres and Caddy, in URLs,
and in the alias, where a blank ends it.
"""
PASSED_THROUGH, ENTERED = 0o711, 0o710
"""The folder of all of them, whose names are no secret; and one that a group enters, and cannot list."""


def for_host(layout: Layout) -> Path:
    """Postgres and whoever runs belts: the host, the gate, the engine, the prover."""
    return layout.home / FOLDER / "host"


def for_indexer(layout: Layout) -> Path:
    """Postgres and the indexer."""
    return layout.home / FOLDER / "indexer"


def for_gateway(layout: Layout) -> Path:
    """The engine and Caddy."""
    return layout.home / FOLDER / "gateway"


def of_postgres(folder: Path, port: int) -> Path:
    """By what Postgres and its clients call it."""
    return folder / f".s.PGSQL.{port}"


def all_of_postgres(layout: Layout, port: int) -> tuple[Path, ...]:
    return tuple(of_postgres(folder, port) for folder in (for_host(layout), for_indexer(layout)))


def of_engine(layout: Layout) -> Path:
    return for_gateway(layout) / ENGINE


def make(folder: Path, *, owner: int = -1, group: int | None = None) -> Path:
    """One folder, for its owner and at most one user more, whose group it is; what lies in it stays."""
    private_dir(folder.parent).chmod(PASSED_THROUGH)
    private_dir(folder)
    os.chown(folder, owner, os.getegid() if group is None else group)
    folder.chmod(PRIVATE_DIR if group is None else ENTERED)
    return folder


def forget(layout: Layout) -> None:
    """The folder of all of them goes with the last."""
    with suppress(OSError):
        (layout.home / FOLDER).rmdir()


def refuse_unfit(layout: Layout, *paths: Path) -> None:
    """A path that somebody could not dial, while the part itself seems to be well."""
    for path in paths:
        size = len(os.fsencode(path))
        if size > LONGEST or PLAIN.fullmatch(str(path)) is None:
            raise Refused(
                f"{layout.belt}: its sockets cannot lie below {layout.root}",
                expected=f"paths of at most {LONGEST} bytes, of letters, digits and any of . _ / @ + -",
                seen=f"{size} bytes: {path}",
                now="give the stack a `root` with a short and plain path, such as /srv/belts",
            )
