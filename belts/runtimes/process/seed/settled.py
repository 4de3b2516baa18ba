"""Whether a belt has settled at the heads of its chains: noted once, for as long as it is that seed.

`profile: auto` is `backfill` until then, and `steady` from there on. A belt that falls behind later catches
up as it is: what goes back and forth by itself would change a belt that serves at the worst moment.
"""

from contextlib import suppress
from datetime import UTC, datetime

from belts.files import read_json, write_private_json
from belts.runtimes.process.files.layout import Layout
from belts.spec.indexer import Indexer, Profile

FILE = "settled.json"


def profile_of(layout: Layout, request: Indexer) -> Profile:
    """The one that the indexer runs by."""
    if request.profile is not Profile.AUTO:
        return request.profile
    return Profile.BACKFILL if since(layout, request.seed) is None else Profile.STEADY


def since(layout: Layout, seed: int) -> datetime | None:
    """When a seeding of the belt was seen to have settled; a note that says nothing is none."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        told = read_json(layout.of_part("indexer") / FILE) or {}
        moment = datetime.fromisoformat(told["at"])
        return moment if told["seed"] == seed and moment.tzinfo is not None else None
    return None


def note(layout: Layout, seed: int) -> None:
    """It has settled, as whoever looked saw."""
    told = {"at": datetime.now(UTC).isoformat(), "seed": seed}
    write_private_json(layout.of_part("indexer") / FILE, told)
