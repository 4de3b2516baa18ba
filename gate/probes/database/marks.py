"""By what a table is seen to be untouched without reading it: who it is, its file, deleted and updated rows.

Inserted rows are not among the marks: a belt that follows its chains inserts all the time. Postgres tells of
deletions and updates up to ten seconds late, when the session that made them lies idle; so marks stand in for
a recount only where that does not fit.
"""

from dataclasses import dataclass

from gate.endpoints import Side
from gate.probes.database.session import connect
from gate.probes.unseen import unseen_as_value
from gate.probes.world import World

QUERY = """
    SELECT c.relname, c.oid::bigint, c.relfilenode::bigint,
           coalesce(s.n_tup_del, 0), coalesce(s.n_tup_upd, 0),
           (SELECT md5(string_agg(a.attname || ' ' || a.atttypid, ',' ORDER BY a.attnum)) FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
    WHERE n.nspname = %s AND c.relkind IN ('r', 'p') ORDER BY 1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """One table: another OID is another table, another file is one that was truncated or rewritten."""

    oid: int
    file: int
    deleted: int
    updated: int
    columns: str
    """All of its columns and their types, in one value."""


@unseen_as_value
async def look(world: World) -> dict[str, Mark]:
    """The marks of every table of the candidate."""
    async with connect(world, Side.CANDIDATE) as database, database.snapshot() as snapshot:
        return {
            str(name): Mark(oid=oid, file=file, deleted=deleted, updated=updated, columns=str(columns))
            for name, oid, file, deleted, updated, columns in await snapshot.rows(QUERY, (snapshot.schema,))
        }
