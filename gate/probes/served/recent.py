"""Shortens the reading of lists that were read whole a moment ago through an unchanged door.

An update follows its preview within minutes, and the rows are proved again in the database each time. What
remains to check is that they still come through unchanged. If nothing between a table and its readers has
changed since all of it was read, it is enough to read all rows written since, and a sample of the others.
Whatever is not known to be the same is read whole.

Postgres shows by the transaction that last wrote a row what was written since: no statistics that lag or can
be reset, and no column that a belt fills. Rows without it, on another server or of another access method, are
read whole each time.
"""

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

import orjson
from psycopg import sql

from gate.endpoints import Side
from gate.evidence import Store, key
from gate.observations.metadata import MetadataSeen
from gate.observations.unobserved import Unobserved
from gate.probes.database import identity
from gate.probes.database.session import Database, Snapshot
from gate.probes.database.transactions import written_since
from gate.probes.graphql.ask import belt_on
from gate.probes.served import catalogue
from gate.probes.served.shape import Shape
from gate.probes.served.spans import Reading, drawn
from gate.probes.served.table import Span
from gate.probes.unseen import UnseenError
from gate.probes.world import World

KEPT = timedelta(minutes=15)
"""As long as a certificate lasts: a later update has not just had a preview."""
VERSION = 3
DRAWN = 6
"""Spans read of what was not written since, including the first and the last."""
KEYS = 300
"""Keys in one question."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """When a list was read whole, and the first transaction that may have written rows since."""

    at: float
    floor: int


async def door_of(world: World, database: Database, metadata: MetadataSeen | Unobserved) -> str | None:
    """Identifies the path from the tables to all readers; None if not all of it is visible.

    It covers the database, its catalogue, the engine's address and metadata, and the policy. And the running
    server: another one with the same identity, as after a failover or on a copy of its files, may give later
    writes the numbers of earlier ones.
    """
    if isinstance(metadata, Unobserved):
        return None
    try:
        async with database.snapshot() as snapshot:
            whose, around = await identity.within(snapshot), await catalogue.digest(snapshot)
            [[began]] = await snapshot.rows("SELECT pg_postmaster_start_time()::text")
    except UnseenError:
        return None
    address = belt_on(world.endpoints, Side.CANDIDATE).graphql.reveal()
    return key("served", VERSION, whose, began, around, address, metadata.digest, world.policy.digest)


def recall(world: World, name: str | None) -> Read | None:
    """When a list was last read whole through this door, if that is recent."""
    if name is None or world.cache is None or not world.repeats:
        return None
    kept = world.cache.read(name)
    try:
        found = orjson.loads(kept or b"null")
        read = Read(at=float(found["at"]), floor=int(found["floor"]))
    except (ValueError, KeyError, TypeError):
        return None
    return read if 0 <= time.time() - read.at <= KEPT.total_seconds() else None


def keep(store: Store, name: str, read: Read) -> None:
    """Stores it for the update that follows."""
    store.write(name, orjson.dumps({"at": read.at, "floor": read.floor}))


async def written(snapshot: Snapshot, shape: Shape, since: Read) -> list[str]:
    """The main keys of all rows written since, in order, and perhaps of some older ones."""
    main = sql.SQL("t.{}").format(sql.Identifier(shape.main.column.name))
    query = sql.SQL("SELECT DISTINCT {main}::text FROM {table} t WHERE {since} ORDER BY 1").format(
        main=main, table=snapshot.table(shape.table.name), since=written_since(since.floor)
    )
    return [str(row[0]) for row in await snapshot.rows(query)]


def shortened(plan: Reading, keys: list[str], draw: random.Random) -> Reading:
    """What was written since and some spans; everything if that would hardly be less."""
    questions = -(-len(keys) // KEYS) + DRAWN
    if questions * 2 > len(plan.spans):
        return plan
    return replace(plan, spans=(*drawn(plan.spans, draw, DRAWN), *by_keys(keys)), whole=False)


def by_keys(keys: list[str]) -> Iterable[Span]:
    """Rows by their main keys, a few hundred at once."""
    return (Span(keys=tuple(keys[begin : begin + KEYS])) for begin in range(0, len(keys), KEYS))
