"""What a belt was seeded with, noted beside its cluster, since checks need it while Postgres is down too."""

import os
from collections.abc import Mapping, Sequence
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
SEED, PROJECT, WORDS = "seed", "project", "words"


def check(layout: Layout, request: Indexer) -> None:
    """Refuses code that would run as root and, on a belt with data, another Envio."""
    generations.check(layout, request)
    handover.refuse_exposed(layout, request)
    found = noted(layout)
    if (request.project / PACKAGE).is_file():  # what is not there is refused as the project's mistake
        release = pinned.by_project(layout, request.project)
        if found is not None and found["state"] == seeding.PROVED and found[SEED] >= request.seed:
            pinned.refuse_other_than_seeded(layout, release, found["version"])


def begin_seeding(layout: Layout) -> None:
    """Marks the seeding's begin, after which no gateway can lease the belt; refuses if one holds it."""
    if held := lease_files.seed(layout.home):
        raise Refused(
            f"{layout.belt}: it may not be seeded now",
            expected="a database with a proved seed in a belt that a gateway needs",
            seen=f"none; and {'; '.join(held)}",
            now="move the alias to another belt; this one can be seeded when nobody needs it",
        )


def refuse_unjudged(layout: Layout, number: int) -> None:
    """Refuses to delete data that no guard has judged.

    The guards know a reseed by the note. A restored database, or a missing note, contradicts that number.
    """
    found = noted(layout)
    begun = found is not None and found["state"] == seeding.STARTED
    if found is None or not (begun or found[SEED] == number):
        raise Refused(
            f"{layout.belt}: its database was seeded under another number than the one that is noted",
            expected=f"{number}, the number of its database, in {file_of(layout)}",
            seen="no such file" if found is None else f"{found[SEED]}; its database may have been restored",
            now=f"to keep what it holds, remove that file, `pulumi config set seed {number} --stack"
            f" {layout.belt}`, and run the same again; to throw it away, raise the number after that",
        )


def write(
    layout: Layout,
    request: Indexer,
    state: str,
    version: str,
    *,
    kept: Mapping[str, Any] | None = None,
    words: Sequence[str] = (),
) -> None:
    """Writes the note. A change in place is not another seeding, and keeps the seeding's number."""
    before, number = _last(layout), seeded(layout)
    told = {"state": state, "digest": request.digest, "version": version, SEED: request.seed}
    changed = write_private_json(file_of(layout), {**told, PROJECT: kept, WORDS: list(words)})
    same = before is not None and all(before.get(key) == told[key] for key in ("state", "version", SEED))
    if changed and same and number:
        os.utime(file_of(layout), ns=(number, number))


def _last(layout: Layout) -> dict[str, Any] | None:
    try:
        return noted(layout)
    except Refused:
        return None


def seeded(layout: Layout) -> int:
    """A number that identifies the belt's seeding; 0 while it has none."""
    try:
        return file_of(layout).stat().st_mtime_ns
    except OSError:
        return 0


def noted(layout: Layout) -> dict[str, Any] | None:
    """The note. Raises if it cannot be read, because it is then unknown whether the belt holds data."""
    with readable(
        f"{layout.belt}: what it was seeded with cannot be read",
        expected=f"{', '.join(KEYS)} in {file_of(layout)}",
        now="restore that file from a backup; without one, remove it and run the same again: its"
        " database is asked before anything is written",
    ):
        return _parsed(read_json(file_of(layout)))


def _parsed(found: dict[str, Any] | None) -> dict[str, Any] | None:
    if found is None:
        return None
    if not all(isinstance(found.get(key), str) for key in KEYS):
        raise ValueError(f"no {', '.join(KEYS)}")
    number, words = found.get(SEED, 1), found.get(WORDS, [])
    if not isinstance(number, int) or not isinstance(words, list):
        raise ValueError(f"no {SEED} or no {WORDS}")  # noqa: TRY004 -- what cannot be read is one kind of error
    return {**found, SEED: number, WORDS: words}


def file_of(layout: Layout) -> Path:
    """The file with the note."""
    return layout.of_part("postgres") / "seeding.json"
