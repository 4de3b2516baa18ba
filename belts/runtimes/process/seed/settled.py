"""Whether a belt has settled at the heads of its chains: noted once per seed.

`profile: auto` is `backfill` until then, and `steady` from then on. A belt that falls behind later catches up
with `steady`: an automatic switch back would change a serving belt at the worst moment.
"""

from contextlib import suppress
from datetime import UTC, datetime

from belts.files import read_json, write_private_json
from belts.runtimes.process.files.layout import Layout
from belts.spec.indexer import Indexer, Profile

FILE = "settled.json"


def profile_of(layout: Layout, request: Indexer) -> Profile:
    """The profile that the indexer runs with."""
    if request.profile is not Profile.AUTO:
        return request.profile
    return Profile.BACKFILL if since(layout, request.seed) is None else Profile.STEADY


def since(layout: Layout, seed: int) -> datetime | None:
    """When a seeding of the belt settled; None if it has not, or the note cannot be read."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        told = read_json(layout.of_part("indexer") / FILE) or {}
        moment = datetime.fromisoformat(told["at"])
        return moment if told["seed"] == seed and moment.tzinfo is not None else None
    return None


def note(layout: Layout, seed: int) -> None:
    """Notes that the belt has settled now."""
    told = {"at": datetime.now(UTC).isoformat(), "seed": seed}
    write_private_json(layout.of_part("indexer") / FILE, told)
