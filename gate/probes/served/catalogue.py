"""Reads what is between a belt's tables and their readers, and which indexes find their rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

from gate.probes.database.session import Snapshot

INFORMATION = "information_schema"
UNEVEN = (
    "SELECT c.relname, concat_ws(', ',"
    " CASE c.relkind WHEN 'v' THEN 'it is a view' WHEN 'm' THEN 'it is a materialized view'"
    " WHEN 'f' THEN 'it is a table of another server' END,"
    " CASE WHEN c.relrowsecurity OR c.relforcerowsecurity THEN 'it has row security' END,"
    " CASE WHEN EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) THEN 'it has row policies' END,"
    " CASE WHEN c.relkind IN ('r', 'p') AND EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid)"
    " THEN 'it has a rule' END,"
    " CASE WHEN EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid) AND c.relkind = 'r'"
    " THEN 'it has heirs' END,"
    " CASE WHEN c.relkind = 'p' AND EXISTS (SELECT FROM pg_partition_tree(c.oid) t JOIN pg_class f"
    " ON f.oid = t.relid WHERE f.relkind = 'f') THEN 'it has partitions on another server' END)"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
)
INDEXED = (
    "SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
    " WHERE n.nspname = %s AND i.indisvalid AND i.indpred IS NULL"
)
PARTITIONS = (
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = %s AND c.relispartition"
)
# The access method 2 is `heap`: each row shows which transaction wrote it.
UNNUMBERED = (
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND EXISTS (SELECT FROM pg_class p"
    " WHERE (p.oid = c.oid OR p.oid IN (SELECT t.relid FROM pg_partition_tree(c.oid) t))"
    " AND p.relkind <> 'p' AND (p.relkind <> 'r' OR p.relam <> 2))"
)
DIGEST = (
    "SELECT md5(concat_ws('|',"
    " (SELECT string_agg(concat_ws(' ', n.nspname, c.relname, c.oid, c.relfilenode, c.relkind, c.relowner,"
    " c.relacl, c.relrowsecurity, c.relforcerowsecurity, c.relhasrules, c.reltablespace), ',' ORDER BY c.oid)"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> %s),"
    " (SELECT string_agg(concat_ws(' ', a.attrelid, a.attnum, a.attname, a.atttypid, a.attisdropped,"
    " a.attacl), ',' ORDER BY a.attrelid, a.attnum) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE a.attnum > 0 AND c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> %s),"
    " (SELECT string_agg(p::text, ',' ORDER BY p.oid) FROM pg_policy p),"
    " (SELECT string_agg(i::text, ',' ORDER BY i.inhrelid) FROM pg_inherits i),"
    " (SELECT string_agg(concat_ws(' ', n.nspname, n.oid, n.nspacl), ',' ORDER BY n.oid) FROM pg_namespace n"
    " WHERE n.nspname !~ '^pg_'),"
    " (SELECT string_agg(s::text, ',' ORDER BY s.setdatabase, s.setrole) FROM pg_db_role_setting s),"
    " (SELECT string_agg(concat_ws(' ', r.oid, r.rolname, r.rolsuper, r.rolbypassrls), ',' ORDER BY r.oid)"
    " FROM pg_roles r)))"
)
"""Everything between a table and a reader of its name: the table's identity, its privileges, what is put
before it, and the defaults of a reader's session.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """`uneven` maps relations to why they are no plain table; `indexed` are leading columns of indexes.

    `unnumbered` are tables of which some rows do not show the transaction that wrote them: they are on
    another server, or not stored in Postgres' own way.
    """

    uneven: Mapping[str, str]
    indexed: frozenset[tuple[str, str]]
    partitions: frozenset[str]
    unnumbered: frozenset[str] = frozenset()


async def surroundings(snapshot: Snapshot) -> Surroundings:
    """The surroundings of all tables and views in the belt's schema."""
    return Surroundings(
        uneven={str(name): str(why) for name, why in await snapshot.rows(UNEVEN, (snapshot.schema,)) if why},
        indexed=frozenset(
            (str(table), str(column)) for table, column in await snapshot.rows(INDEXED, (snapshot.schema,))
        ),
        partitions=await _names(snapshot, PARTITIONS),
        unnumbered=await _names(snapshot, UNNUMBERED),
    )


async def _names(snapshot: Snapshot, query: LiteralString) -> frozenset[str]:
    return frozenset(str(row[0]) for row in await snapshot.rows(query, (snapshot.schema,)))


async def digest(snapshot: Snapshot) -> str:
    """A digest that changes with anything that may change what a reader receives of the same rows."""
    [[found]] = await snapshot.rows(DIGEST, (INFORMATION,) * 2)
    return str(found)
