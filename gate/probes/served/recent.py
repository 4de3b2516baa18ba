"""Lists that were read whole a moment ago, through a door that is still the same.

An update follows its preview within minutes, and the rows are proved anew in the database each time. What is
left to see is that they still come through as they lie there. Where nothing between a table and its readers
has changed since all of it was read, that is seen by the rows that were written since, all of them, and by
some that are drawn. Whatever is not seen to be the same is read whole.

By the transaction that wrote a row last, Postgres itself tells what was written since: no statistics that lag
or can be reset, and no column that a belt could fill as it likes. What is not stored so, the rows of another
server or of another access method, is read whole each time.
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
"""As long as a certificate: whoever comes later has not just had a preview."""
VERSION = 3
DRAWN = 6
"""Spans of one list that are read of what was not written since; the first and the last among them."""
KEYS = 300
"""Keys in one question."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """When a list was read whole, and from which transaction on a row may have been written since."""

    at: float
    floor: int


async def door_of(world: World, database: Database, metadata: MetadataSeen | Unobserved) -> str | None:
    """By what the way from the tables to all readers is known; None where not all of it can be seen.

    The database, its catalogue, the engine's address and metadata, and the policy by which it is looked at.
    And the server that runs: another one with the same identity, as after a failover or on a copy of its
    files, may number what is written since as what was written before.
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
    """When a list was last read whole through this door, if that was a moment ago."""
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
    """Keeps it for the update that follows."""
    store.write(name, orjson.dumps({"at": read.at, "floor": read.floor}))


async def written(snapshot: Snapshot, shape: Shape, since: Read) -> list[str]:
    """The main keys of all rows that were written since, in order; perhaps of some older ones, too."""
    main = sql.SQL("t.{}").format(sql.Identifier(shape.main.column.name))
    query = sql.SQL("SELECT DISTINCT {main}::text FROM {table} t WHERE {since} ORDER BY 1").format(
        main=main, table=snapshot.table(shape.table.name), since=written_since(since.floor)
    )
    return [str(row[0]) for row in await snapshot.rows(query)]


def shortened(plan: Reading, keys: list[str], draw: random.Random) -> Reading:
    """What was written since and some spans; all of it where that would be hardly less."""
    questions = -(-len(keys) // KEYS) + DRAWN
    if questions * 2 > len(plan.spans):
        return plan
    return replace(plan, spans=(*drawn(plan.spans, draw, DRAWN), *by_keys(keys)), whole=False)


def by_keys(keys: list[str]) -> Iterable[Span]:
    """Some rows by their main keys, a few hundred at once."""
    return (Span(keys=tuple(keys[begin : begin + KEYS])) for begin in range(0, len(keys), KEYS))
