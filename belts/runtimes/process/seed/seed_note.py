"""What a belt was seeded with, noted beside its cluster: a check must know it also while Postgres is down."""

from pathlib import Path
from typing import Any

from belts.envio.package import FILE as PACKAGE
from belts.files import read_json, write_private_json
from belts.runtimes.process import lease_files
from belts.runtimes.process.errors import Refused, readable
from belts.runtimes.process.files import generations
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.seed import handover, pinned, seeding
from belts.spec.indexer import Indexer

KEYS = ("state", "digest", "version")


def check(layout: Layout, request: Indexer) -> None:
    """Refuses code that would run as root; on a belt that holds data, another project or Envio."""
    generations.check(layout, request)
    handover.refuse_exposed(layout, request)
    found = noted(layout)
    if found is not None and found["state"] == seeding.PROVED:
        refuse_other_digest(layout, request, found["digest"])
    if (request.project / PACKAGE).is_file():  # what is not there is refused as the project's mistake
        release = pinned.by_project(layout, request.project)
        if found is not None and found["state"] == seeding.PROVED:
            pinned.refuse_other_than_seeded(layout, release, found["version"])


def refuse_seeding(layout: Layout) -> None:
    """A held belt is never seeded: its data is what a gateway needs."""
    if held := lease_files.holding(layout.home):
        raise Refused(
            f"{layout.belt}: it may not be seeded now",
            expected="a database with a proved seed in a belt that a gateway needs",
            seen=f"none; and {'; '.join(held)}",
            now="move the alias to another belt; this one can be seeded when nobody needs it",
        )


def refuse_other_digest(layout: Layout, request: Indexer, seeded: str) -> None:
    if request.digest != seeded:
        raise Refused(
            f"{layout.belt}: its Envio project changed, and the belt holds data"
            " (rule: a belt that holds data keeps its project)",
            expected=f"the project it was seeded with, digest {seeded[:16]}",
            seen=f"digest {request.digest[:16]} of {request.project}/{request.config}",
            now="bring up a fresh belt under another name, and move the alias when it has synced: resuming"
            " would silently skip what is new. To go on with this one, restore the project",
        )


def write(layout: Layout, request: Indexer, state: str, version: str) -> None:
    write_private_json(file_of(layout), {"state": state, "digest": request.digest, "version": version})


def seeded(layout: Layout) -> int:
    """One number for each seeding of the belt; 0 while it has none."""
    try:
        return file_of(layout).stat().st_mtime_ns
    except OSError:
        return 0


def noted(layout: Layout) -> dict[str, str] | None:
    """What was noted. One that says nothing refuses: whether the belt holds data cannot be told."""
    with readable(
        f"{layout.belt}: what it was seeded with cannot be read",
        expected=f"{', '.join(KEYS)} in {file_of(layout)}",
        now="restore that file from a backup; without one, remove it and run the same again: its"
        " database is asked before anything is written",
    ):
        return _parsed(read_json(file_of(layout)))


def _parsed(found: dict[str, Any] | None) -> dict[str, str] | None:
    if found is not None and not all(isinstance(found.get(key), str) for key in KEYS):
        raise ValueError(f"no {', '.join(KEYS)}")
    return found


def file_of(layout: Layout) -> Path:
    """Where it is noted."""
    return layout.of_part("postgres") / "seeding.json"
