"""By the transaction that wrote a row last, Postgres itself tells what was written since a moment.

Transactions are numbered in a circle, of which half lies behind each of them. A row that is updated is
written by the update; one that was written before and is there no more was deleted, or updated. That holds of
plain tables alone: rows of another server, or of another access method, have no such number.
"""

from dataclasses import dataclass

from psycopg import sql

from gate.probes.database.session import Snapshot

NUMBERS = 1 << 32
HALF = 1 << 31
NUMBERED = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_am m ON m.oid = c.relam
    WHERE n.nspname = %s AND c.relkind = 'r' AND NOT c.relhassubclass AND coalesce(m.amname, '') = 'heap'
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Older:
    """The rows of a table that were written before a transaction, on a server that runs since `server`.

    `every` says that these were all rows that it had then: others could go unnoticed.
    """

    since: int
    rows: int
    every: bool
    server: str

    def intact(self, now: "Older | None") -> bool:
        """Whether each of them, of all that there were, is there as it was written."""
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
    """The oldest transaction that had not ended: what it and later ones write is not in this snapshot."""
    [[found]] = await snapshot.rows("SELECT txid_snapshot_xmin(txid_current_snapshot())")
    return int(found)


def written_since(transaction: int, of: str = "t") -> sql.Composed:
    """True for the rows of `of` that it or a later one wrote, and perhaps for very old ones."""
    return sql.SQL("({row}.xmin::text::int8 - {floor} + {numbers}) % {numbers} < {half}").format(
        row=sql.Identifier(of),
        floor=sql.Literal(transaction % NUMBERS),
        numbers=sql.Literal(NUMBERS),
        half=sql.Literal(HALF),
    )


async def numbered(snapshot: Snapshot) -> frozenset[str]:
    """The belt's tables of whose rows Postgres tells which transaction wrote them."""
    return frozenset(str(name) for (name,) in await snapshot.rows(NUMBERED, (snapshot.schema,)))


async def older(snapshot: Snapshot, table: str, since: int) -> Older:
    """How many rows of a table were written before it."""
    query = sql.SQL(
        "SELECT count(*) FILTER (WHERE NOT {since}), count(*), pg_postmaster_start_time()::text"
        " FROM {table} t"
    ).format(since=written_since(since), table=snapshot.table(table))
    [[rows, every, server]] = await snapshot.rows(query)
    return Older(since=since, rows=rows, every=rows == every, server=server)
