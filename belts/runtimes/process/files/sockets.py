"""Where the parts of a belt meet without a port: one folder for each pair of users, closed to all others.

A port belongs to whichever process takes it first, a folder to those whom its modes admit. A client names the
whole path of a socket, of which the kernel takes at most 107 bytes, so the root of the belts must be short.
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
"""Characters that need no quotes wherever a socket's path is written.

That is in the settings of Postgres and Caddy, in URLs, and in the alias, where a blank ends the path.
"""
PASSED_THROUGH, ENTERED = 0o711, 0o710
"""Modes of the common folder, whose names are not secret, and of one that a group may enter but not list."""


def for_host(layout: Layout) -> Path:
    """For Postgres and its clients of the host's user: the host, the gate, the engine, the prover."""
    return layout.home / FOLDER / "host"


def for_indexer(layout: Layout) -> Path:
    """For Postgres and the indexer."""
    return layout.home / FOLDER / "indexer"


def for_gateway(layout: Layout) -> Path:
    """For the engine and Caddy."""
    return layout.home / FOLDER / "gateway"


def of_postgres(folder: Path, port: int) -> Path:
    """The socket's path, by the naming rule of Postgres."""
    return folder / f".s.PGSQL.{port}"


def all_of_postgres(layout: Layout, port: int) -> tuple[Path, ...]:
    return tuple(of_postgres(folder, port) for folder in (for_host(layout), for_indexer(layout)))


def of_engine(layout: Layout) -> Path:
    return for_gateway(layout) / ENGINE


def make(folder: Path, *, owner: int = -1, group: int | None = None) -> Path:
    """Makes one folder for its owner and at most one other user, as its group; keeps its content."""
    private_dir(folder.parent).chmod(PASSED_THROUGH)
    private_dir(folder)
    os.chown(folder, owner, os.getegid() if group is None else group)
    folder.chmod(PRIVATE_DIR if group is None else ENTERED)
    return folder


def forget(layout: Layout) -> None:
    """Removes the common folder once it is empty."""
    with suppress(OSError):
        (layout.home / FOLDER).rmdir()


def refuse_unfit(layout: Layout, *paths: Path) -> None:
    """Refuses a path that clients could not dial although the part itself would run."""
    for path in paths:
        size = len(os.fsencode(path))
        if size > LONGEST or PLAIN.fullmatch(str(path)) is None:
            raise Refused(
                f"{layout.belt}: its sockets cannot lie below {layout.root}",
                expected=f"paths of at most {LONGEST} bytes, of letters, digits and any of . _ / @ + -",
                seen=f"{size} bytes: {path}",
                now="give the stack a `root` with a short and plain path, such as /srv/belts",
            )
