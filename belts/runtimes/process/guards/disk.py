"""Refuses a belt that has yet to sync on a disk that has no room for it.

A disk that runs full stops every belt that lies on it, the serving one among them.
"""

from collections.abc import Iterable

from belts.runtimes.disk import LEAST_BYTES, Disk, gigabytes
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import disk
from belts.runtimes.process.seed import seed_note
from belts.runtimes.process.wire.request import Request
from belts.spec.indexer import Indexer


def refuse_too_small(asked: Iterable[Request], recorded: Iterable[Request]) -> None:
    """Every belt that is asked for and has no data yet."""
    known = tuple(recorded)
    for request in asked:
        if isinstance(request.body, Indexer) and not seed_note.seeded(request.layout):
            judge(request, disk.below(request.root), like(request.body, request.belt, known))


def like(wanted: Indexer, belt: str, recorded: Iterable[Request]) -> tuple[str, int]:
    """The largest belt here of which the wanted one indexes every chain, and what its Postgres takes."""
    sizes = [
        (disk.taken(other.layout.of_part("postgres")), other.belt)
        for other in recorded
        if other.belt != belt and isinstance(other.body, Indexer) and {*other.body.chains} <= {*wanted.chains}
    ]
    size, name = max(sizes, default=(0, ""))
    return name, size


def judge(request: Request, seen: Disk, largest: tuple[str, int]) -> None:
    """A belt takes what one like it takes, and what Postgres writes ahead."""
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
