"""Checks by key whether each row of a constantly updated entity is still there.

Stored are sums of key hashes per bucket, made with a seed that only the gate can make. Rows not written since
were there before; for those written since, the history tells which are new. The history need not be right for
this to be safe: the sums are equal only if it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from gate.probes.database.catalog import Kept, Table
from gate.probes.database.pruned import MOST_BEGUN, subset
from gate.probes.database.relation import key_of
from gate.probes.database.session import Snapshot
from gate.probes.database.transactions import written_since

BUCKETS = 64
Keys = Mapping[int, tuple[int, int]]
"""By bucket: the number of keys, and their sum."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Now:
    """A bucket's rows that seem to have been there before, their sum, and the keys of the new ones."""

    rows: int
    total: int
    begun: tuple[int, ...]


NOTHING = Now(rows=0, total=0, begun=())


async def keys_of(snapshot: Snapshot, table: Table, seed: str) -> Keys:
    """The keys of all rows, as sums."""
    query = sql.SQL(
        "SELECT key % {buckets}, count(*), sum(key) FROM (SELECT {key} AS key FROM {table} t) AS keys"
        " GROUP BY 1"
    ).format(buckets=sql.Literal(BUCKETS), key=_hashed(table, seed), table=snapshot.table(table.name))
    return {int(bucket): (int(rows), int(total)) for bucket, rows, total in await snapshot.rows(query)}


async def present(snapshot: Snapshot, table: Table, kept: Kept, then: Keys, *, since: int, seed: str) -> bool:
    """True if each key of `then` is still there."""
    query = sql.SQL(
        "WITH written AS (SELECT {of_history}, bool_or(NOT ({since_history}) OR h.{checkpoint} = 0) AS past"
        " FROM {history} h GROUP BY {of_history})"
        " SELECT key % {buckets}, count(*) FILTER (WHERE NOT begun), coalesce(sum(key) FILTER"
        " (WHERE NOT begun), 0), coalesce(array_agg(key) FILTER (WHERE begun), '{{}}')"
        " FROM (SELECT {key} AS key, ({since_row}) AND NOT coalesce(w.past, true) AS begun"
        " FROM {table} t LEFT JOIN written w ON {same}) AS keys GROUP BY 1"
    ).format(
        of_history=sql.SQL(", ").join(sql.Identifier("h", name) for name in table.key),
        since_history=written_since(since, "h"),
        checkpoint=sql.Identifier(snapshot.storage.history.checkpoint),
        history=snapshot.table(kept.name),
        buckets=sql.Literal(BUCKETS),
        key=_hashed(table, seed),
        since_row=written_since(since),
        table=snapshot.table(table.name),
        same=sql.SQL(" AND ").join(
            sql.SQL("w.{0} = t.{0}").format(sql.Identifier(name)) for name in table.key
        ),
    )
    now = {
        int(bucket): Now(rows=int(rows), total=int(total), begun=tuple(map(int, begun)))
        for bucket, rows, total, begun in await snapshot.rows(query)
    }
    return all(
        there(then.get(bucket, (0, 0)), now.get(bucket, NOTHING)) for bucket in then.keys() | now.keys()
    )


def there(then: tuple[int, int], now: Now) -> bool:
    """True if a bucket's former keys are among the present ones.

    Envio prunes a history while it writes, so that an old row may look like a new one.
    """
    rows, total = then[0] - now.rows, then[1] - now.total
    if not rows:
        return not total
    return len(now.begun) <= MOST_BEGUN and subset(now.begun, total) == rows


def _hashed(table: Table, seed: str) -> sql.Composed:
    """A key as a number of 60 bits."""
    return sql.SQL(
        "('x' || left(encode(sha256(convert_to({} || {}, 'UTF8')), 'hex'), 15))::bit(60)::int8"
    ).format(sql.Literal(seed), key_of(table))
