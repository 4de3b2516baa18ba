"""Remembers a recent full look at the same belt that found no contradiction.

The update that follows a preview then checks only what was written since. For each table its identity and the
number of its rows are stored, for each chain its progress and number of events. This is no verdict: it says
nothing about rows written, deleted or hidden since, and does not apply to another belt or after a restart
of the server.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from belts.envio.release import RAW_EVENTS
from gate.evidence import Store
from gate.probes.database.marks import Mark
from gate.probes.database.sound.bounds import Limits
from gate.probes.database.sound.present import Keys
from gate.probes.database.sound.received import Block
from gate.probes.database.transactions import Older

KEPT = timedelta(minutes=15)
"""As long as a certificate lasts: a later update has not just had a preview."""
VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """One full look, and the kinds of rules that held without doubt.

    `since` is the first transaction of which it may have missed something. `events` are each chain's events
    without duplicates. `undone` are the blocks whose events do not count. `keys` are those of entities whose
    rows are updated. `guessed` and `schema` are digests of the inferred sources and of the schema.
    """

    at: float
    since: int
    held: frozenset[str]
    marks: Mapping[str, Mark]
    within: Mapping[int, Limits]
    events: Mapping[int, int]
    undone: frozenset[Block]
    keys: Mapping[str, Keys]
    guessed: str
    schema: str

    def leads_to(self, now: Mapping[str, Mark], within: Mapping[int, Limits]) -> bool:
        """True if the belt has only advanced since: the same tables and chains, with all of its events."""
        events = [name for name in RAW_EVENTS if name in self.marks]
        return (
            bool(events)
            and all(self.marks[name].holds(now.get(name)) for name in events)
            and self.marks.keys() == now.keys()
            and all(mark.same_table(now.get(name)) for name, mark in self.marks.items())
            and self.within.keys() == within.keys() == self.events.keys()
            and all(_further(then, within[chain]) for chain, then in self.within.items())
        )

    def intact(self, now: Mapping[str, Mark]) -> frozenset[str]:
        """The tables whose rows are all unchanged."""
        return frozenset(name for name, mark in self.marks.items() if mark.holds(now.get(name)))

    @property
    def words(self) -> str:
        """Describes it for a report."""
        moment = datetime.fromtimestamp(self.at, UTC)
        return f"all held at {moment:%H:%M:%S} UTC; looked at is what was written since"


def _further(then: Limits, now: Limits) -> bool:
    return then.start == now.start and then.progress <= now.progress and then.until <= now.until


def recall(store: Store, name: str) -> Earlier | None:
    """What was stored under a name, unless it is too old or unreadable."""
    try:
        found = _decoded(orjson.loads(store.read(name) or b"null"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if 0 <= time.time() - found.at <= KEPT.total_seconds() else None


def keep(store: Store, name: str, found: Earlier) -> None:
    """Stores it for the update that follows."""
    store.write(name, orjson.dumps(_encoded(found)))


def _encoded(found: Earlier) -> dict[str, Any]:
    return {
        "at": found.at,
        "since": found.since,
        "held": sorted(found.held),
        "marks": {name: asdict(mark) for name, mark in found.marks.items()},
        "within": [[chain, *_numbers(limits)] for chain, limits in sorted(found.within.items())],
        "events": sorted(found.events.items()),
        "undone": sorted(found.undone),
        "keys": {
            name: [[bucket, rows, str(total)] for bucket, (rows, total) in sorted(keys.items())]
            for name, keys in found.keys.items()
        },
        "guessed": found.guessed,
        "schema": found.schema,
    }


def _numbers(limits: Limits) -> tuple[int, int, int]:
    return limits.start, limits.progress, limits.until


def _decoded(kept: Any) -> Earlier:
    return Earlier(
        at=float(kept["at"]),
        since=int(kept["since"]),
        held=frozenset(map(str, kept["held"])),
        marks={str(name): _mark(mark) for name, mark in kept["marks"].items()},
        within={
            int(chain): Limits(start=int(start), progress=int(progress), until=int(until))
            for chain, start, progress, until in kept["within"]
        },
        events={int(chain): int(events) for chain, events in kept["events"]},
        undone=frozenset((int(chain), int(block), str(hashed)) for chain, block, hashed in kept["undone"]),
        keys={
            str(name): {int(bucket): (int(rows), int(total)) for bucket, rows, total in keys}
            for name, keys in kept["keys"].items()
        },
        guessed=str(kept["guessed"]),
        schema=str(kept["schema"]),
    )


def _mark(kept: Mapping[str, Any]) -> Mark:
    older = kept["older"]
    return Mark(**{**kept, "older": None if older is None else Older(**older)})
