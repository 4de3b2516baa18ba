"""Refuses a belt that has yet to sync on a disk without enough space for it.

A full disk stops every belt on it, including the serving one.
"""

from collections.abc import Iterable

from belts.runtimes.disk import LEAST_BYTES, Disk, gigabytes
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import disk
from belts.runtimes.process.seed import seed_note
from belts.runtimes.process.wire.request import Request
from belts.spec.indexer import Indexer


def refuse_too_small(asked: Iterable[Request], recorded: Iterable[Request]) -> None:
    """Checks every requested belt that has no data yet."""
    known = tuple(recorded)
    for request in asked:
        if isinstance(request.body, Indexer) and not seed_note.seeded(request.layout):
            judge(request, disk.below(request.root), like(request.body, request.belt, known))


def like(wanted: Indexer, belt: str, recorded: Iterable[Request]) -> tuple[str, int]:
    """The largest belt here whose chains the wanted one indexes too, and the disk space of its Postgres."""
    sizes = [
        (disk.taken(other.layout.of_part("postgres")), other.belt)
        for other in recorded
        if other.belt != belt and isinstance(other.body, Indexer) and {*other.body.chains} <= {*wanted.chains}
    ]
    size, name = max(sizes, default=(0, ""))
    return name, size


def judge(request: Request, seen: Disk, largest: tuple[str, int]) -> None:
    """Refuses if less is free than a similar belt takes plus what Postgres writes ahead."""
    name, size = largest
    if seen.free >= size + LEAST_BYTES:
        return
    why = f": what {name} takes with the same chains, and {gigabytes(LEAST_BYTES)}" if name else ""
    raise Refused(
        f"{request.belt}: this disk has no room for it",
        expected=f"at least {gigabytes(size + LEAST_BYTES)} free below {request.root}{why}",
        seen=seen.words(),
        now="make room there (a belt that is not needed goes with `pulumi destroy`), or use a larger disk",
    )
