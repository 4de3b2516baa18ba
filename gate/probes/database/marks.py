"""Marks that show whether a table is untouched: its identity, file, deleted, updated and older rows.

Inserted rows are not among the marks: a belt that follows its chains inserts all the time. Postgres reports
deletions and updates up to ten seconds late if the session that made them is idle, so these counters replace
a recount only where that delay does not matter.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from belts.envio.release import RAW_EVENTS, is_internal
from gate.endpoints import Side
from gate.probes.database import transactions
from gate.probes.database.session import Snapshot, connect
from gate.probes.database.transactions import Older
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World

COUNTING_SECONDS = 5.0
"""The time limit for counting the older rows of all tables, raw events first."""

QUERY = """
    SELECT c.relname, c.oid::bigint, c.relfilenode::bigint,
           coalesce(s.n_tup_del, 0), coalesce(s.n_tup_upd, 0),
           (SELECT md5(string_agg(a.attname || ' ' || a.atttypid, ',' ORDER BY a.attnum)) FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
           c.relkind = 'r' AND NOT c.relhassubclass AND coalesce(m.amname, '') = 'heap'
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_am m ON m.oid = c.relam
    LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
    WHERE n.nspname = %s AND c.relkind IN ('r', 'p') ORDER BY 1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """The mark of one table: another OID is another table; another file means a truncation or rewrite."""

    oid: int
    file: int
    deleted: int
    updated: int
    columns: str
    """All of its columns and their types as one value."""
    older: Older | None = None
    """Counted for raw events and entities. In tables that only grow it shows any deletion or update."""

    def holds(self, now: "Mark | None") -> bool:
        """True if there were rows, and each of them is still there as it was written."""
        return (
            now is not None
            and self.same_table(now)
            and self.older is not None
            and self.older.rows > 0
            and self.older.intact(now.older)
        )

    def same_table(self, now: "Mark | None") -> bool:
        """True if it is the same table in the same file."""
        return now is not None and (self.oid, self.file, self.columns) == (now.oid, now.file, now.columns)


def untouched(then: Mark | None, now: Mark | None) -> bool:
    """True if Postgres' counters show no deletion or update; they lag."""
    return _counters(then) == _counters(now)


def _counters(mark: Mark | None) -> Mark | None:
    return None if mark is None else replace(mark, older=None)


@unseen_as_value
async def look(world: World, then: Mapping[str, Mark] | None = None) -> dict[str, Mark]:
    """The marks of every candidate table; `older` is counted up to the transaction of `then`."""
    async with connect(world, Side.CANDIDATE) as database, database.snapshot() as snapshot:
        return (await within(snapshot, then)).marks


@dataclass(frozen=True, kw_only=True, slots=True)
class Marked:
    """The marks of all tables. `firsts` are the spots of the first rows that are not older, if counted."""

    marks: dict[str, Mark]
    firsts: Mapping[str, str]


async def within(snapshot: Snapshot, then: Mapping[str, Mark] | None = None) -> Marked:
    """The marks of every table at the moment of a snapshot."""
    found = await snapshot.rows(QUERY, (snapshot.schema,))
    older, firsts = {}, {}
    ends = time.monotonic() + COUNTING_SECONDS
    # If time is short, raw events go first: the others do not count without them.
    for name, _, _, deleted, updated, _, plain in sorted(found, key=lambda one: one[0] not in RAW_EVENTS):
        past = (then or {}).get(name)
        if plain and _may_stand(str(name), past, (deleted, updated)):
            counted = await _older(snapshot, str(name), past, ends - time.monotonic())
            if counted is not None:
                older[name], firsts[str(name)] = counted
    marks = {
        str(name): Mark(
            oid=oid,
            file=file,
            deleted=deleted,
            updated=updated,
            columns=str(columns),
            older=older.get(name),
        )
        for name, oid, file, deleted, updated, columns, _ in found
    }
    return Marked(marks=marks, firsts=firsts)


def _may_stand(table: str, then: Mark | None, now: tuple[int, int]) -> bool:
    """True if older rows are worth counting: not if Postgres reports changed rows of the entity."""
    if is_internal(table):
        return table in RAW_EVENTS
    return then is None or (then.older is not None and (then.deleted, then.updated) == now)


async def _older(
    snapshot: Snapshot, table: str, then: Mark | None, seconds: float
) -> tuple[Older, str] | None:
    """Counts older rows; None if that takes too long, in which case nothing is skipped because of it."""
    if seconds <= 0:
        return None
    since = await transactions.floor(snapshot) if then is None or then.older is None else then.older.since
    try:
        async with snapshot.savepoint():
            left = snapshot.database.remaining()
            await _limit(snapshot, min(seconds, left))
            found = await transactions.older(snapshot, table, since)
            await _limit(snapshot, left)
            return found
    except UnseenError:
        return None


async def _limit(snapshot: Snapshot, seconds: float) -> None:
    """Limits the duration of each query from here on; a savepoint undoes it on failure."""
    limit = max(1, int(seconds * 1000))
    await snapshot.rows(f"SELECT set_config('statement_timeout', '{limit}', true)")
