"""Finds what was written since a moment by the transaction that last wrote each row.

Transaction numbers are circular: half of them lie behind any given one. An update writes a new version of its
row; a row written before that is gone was deleted or updated. This holds for plain tables only: rows of
another server, or of another access method, have no such number.
"""

from dataclasses import dataclass

from psycopg import sql

from gate.probes.database.session import Snapshot

ALL = sql.SQL("true")
"""All rows, whenever they were written."""
NUMBERS = 1 << 32
HALF = 1 << 31
ANYWHERE, NOWHERE = "(0,0)", "(4294967295,0)"
"""Before the first and beyond the last spot of a table."""
NUMBERED = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_am m ON m.oid = c.relam
    WHERE n.nspname = %s AND c.relkind = 'r' AND NOT c.relhassubclass AND coalesce(m.amname, '') = 'heap'
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Older:
    """The rows of a table that were written before a transaction, on a server running since `server`.

    `every` means that these were all rows of the table; otherwise changes could go unnoticed.
    """

    since: int
    rows: int
    every: bool
    server: str

    def intact(self, now: "Older | None") -> bool:
        """True if these were all rows, and each is still there as it was written."""
        return (
            now is not None
            and self.every
            and (self.since, self.rows, self.server)
            == (
                now.since,
                now.rows,
                now.server,
            )
        )


async def floor(snapshot: Snapshot) -> int:
    """The oldest running transaction: what it and later ones write is not in this snapshot."""
    [[found]] = await snapshot.rows("SELECT txid_snapshot_xmin(txid_current_snapshot())")
    return int(found)


def written_since(transaction: int, of: str = "t", first: str = ANYWHERE) -> sql.Composed:
    """True for the rows of `of` that this or a later transaction wrote, and perhaps for very old ones.

    None of them is before the `first` spot, so earlier spots are not read.
    """
    if first != ANYWHERE:
        spot = sql.SQL("{}.ctid >= {}::tid").format(sql.Identifier(of), sql.Literal(first))
        return sql.SQL("({} AND {})").format(spot, written_since(transaction, of))
    return sql.SQL("({row}.xmin::text::int8 - {floor} + {numbers}) % {numbers} < {half}").format(
        row=sql.Identifier(of),
        floor=sql.Literal(transaction % NUMBERS),
        numbers=sql.Literal(NUMBERS),
        half=sql.Literal(HALF),
    )


async def first_since(snapshot: Snapshot, table: str, transaction: int) -> str:
    """The first row's spot that this or a later transaction wrote; beyond all spots if there is none.

    Tables mostly grow at their ends.
    """
    query = sql.SQL("SELECT min(t.ctid)::text FROM {table} t WHERE {since}").format(
        table=snapshot.table(table), since=written_since(transaction)
    )
    [[found]] = await snapshot.rows(query)
    return NOWHERE if found is None else str(found)


async def numbered(snapshot: Snapshot) -> frozenset[str]:
    """The belt's tables whose rows carry the number of the transaction that wrote them."""
    return frozenset(str(name) for (name,) in await snapshot.rows(NUMBERED, (snapshot.schema,)))


async def older(snapshot: Snapshot, table: str, since: int) -> tuple[Older, str]:
    """How many rows of a table were written before it, and the spot of the first that was not."""
    query = sql.SQL(
        "SELECT count(*) FILTER (WHERE NOT {since}), count(*), pg_postmaster_start_time()::text,"
        " min(t.ctid) FILTER (WHERE {since})::text FROM {table} t"
    ).format(since=written_since(since), table=snapshot.table(table))
    [[rows, every, server, first]] = await snapshot.rows(query)
    found = Older(since=since, rows=rows, every=rows == every, server=server)
    return found, NOWHERE if first is None else str(first)
