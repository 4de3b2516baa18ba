"""The lag of the serving belt beside this one, which has priority with the providers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from belts import samples
from belts.envio.release import METRICS
from belts.runtimes.lease import OPEN, Lease
from belts.runtimes.process import lease_files
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.wire import recorded
from belts.spec.indexer import Indexer

ANSWER_S = 3.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Unread:
    """The serving belt does not report its progress, though its indexer may run."""

    why: str


def neighbours(root: Path, belt: str) -> tuple[int, ...] | None:
    """The indexer ports of other serving belts; None if this belt serves, since it then gives way to none.

    An unreadable lease counts as serving.
    """
    if _serves(Layout(root=root, belt=belt)):
        return None
    others = [each for each in recorded.belts(root) if each.belt != belt and _serves(each)]
    asked = (request.body for each in others for request in recorded.look(each).requests)
    return tuple(body.port for body in asked if isinstance(body, Indexer))


async def progress(client: httpx.AsyncClient, port: int) -> Mapping[int, int] | Unread | None:
    """The blocks that an indexer has reached, by chain; None if none runs, which then needs nothing."""
    try:
        told = await client.get(f"http://127.0.0.1:{port}{METRICS.path}", timeout=ANSWER_S)
    except httpx.ConnectError:
        return None
    except httpx.HTTPError as fault:
        return Unread(why=type(fault).__name__)
    try:
        seen = samples.by_label(samples.read(told.text), METRICS.chain, *METRICS.progress)
        found = {int(chain): int(sample.value) for chain, sample in seen}
    except (ValueError, OverflowError):
        return Unread(why="what are no metrics")
    return found or Unread(why="no metric of its progress")


def _serves(layout: Layout) -> bool:
    held = lease_files.of_living(layout.home)
    return any(not isinstance(lease, Lease) or lease.holding in OPEN for lease in held)
