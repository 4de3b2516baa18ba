"""Restores an entity's state at an earlier height from the history that Envio keeps for reorganisations.

A row without history after the height is the current row. Any other is the latest of its history at or below
the height; checkpoint 0 is the row as it was before its history began. Envio drops what lies below a safe
checkpoint, so a chain's state is known only from just below its oldest checkpoint upwards.

History rows are matched by the whole key: an entity that is kept by chain has the chain in it. If each chain
counts its own checkpoints, that chain also tells which of them is meant.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from psycopg import sql

from gate.amounts import amount
from gate.observations.unobserved import Cause
from gate.probes.database.catalog import NUMBERS, Column, Kept, Table
from gate.probes.database.exemptions import Tangled
from gate.probes.database.relation import Fields, Relation, in_buckets, rows_of, text_key
from gate.probes.database.session import Snapshot
from gate.probes.unseen import UnseenError

MOST = 50_000  # rows that several chains write; beyond this number they are not told apart


async def floors(snapshot: Snapshot) -> dict[int, int]:
    """For every chain with history, the lowest block at which its state is known."""
    query = sql.SQL("SELECT chain_id, min(block_number) - 1 FROM {} GROUP BY 1").format(snapshot.checkpoints)
    return {int(chain): int(block) for chain, block in await snapshot.rows(query)}


async def tangled(
    snapshot: Snapshot, history: Kept, heights: Mapping[int, int], *, extremes: Collection[str] = ()
) -> Tangled:
    """The rows whose state at the heights a belt's own history does not determine.

    `extremes` are columns that hold a minimum or maximum.
    """
    query = sql.SQL(
        "SELECT {}, coalesce(first_late < last_kept, false), chains > 1, orphans > 0 FROM ({}) AS moved"
        " WHERE first_late < last_kept OR chains > 1 OR orphans > 0 LIMIT {}"
    ).format(_name(history, "moved"), _moved(snapshot, history, heights), sql.Literal(MOST + 1))
    rows = await snapshot.rows(query)
    if len(rows) > MOST:
        found = _tangled(rows)
        raise UnseenError(
            f"more than {amount(MOST, 'row')} of {history.name}: {found.words}", Cause.UNDECIDABLE
        )
    found = _tangled(rows)
    named = [column for column in extremes if found.mixed and history.column(column) is not None]
    hidden = {column: await _open(snapshot, history, heights, column) for column in named}
    return replace(found, open=hidden)


def _tangled(rows: Iterable[Sequence[Any]]) -> Tangled:
    """Sorts rows by what makes them undecidable."""
    found = list(rows)
    return Tangled(
        mixed=frozenset(key for key, mixed, _, _ in found if mixed),
        several=frozenset(key for key, _, several, _ in found if several),
        lost=frozenset(key for key, _, _, lost in found if lost),
    )


async def _open(snapshot: Snapshot, history: Kept, heights: Mapping[int, int], column: str) -> frozenset[str]:
    """The mixed rows whose extreme at the heights is unknown.

    An extreme moves only one way, so the value left by the last write at or below the heights appeared with
    the first write that has it. If that write is at or below the heights too, the extreme is known. If it is
    above them, it hides what was below. Rows that were deleted in between start over and are not examined.
    """
    query = sql.SQL(
        "SELECT name FROM (SELECT DISTINCT ON ({key}) {name} AS name, {late} AS late FROM {history} h"
        " JOIN ({moved}) AS m ON {of_moved} AND m.first_late < m.last_kept"
        " JOIN {history} k ON {of_kept} AND k.{checkpoint} = m.last_kept"
        " LEFT JOIN {checkpoints} c ON {same_checkpoint}"
        " WHERE h.{checkpoint} <= m.last_kept AND h.{column} IS NOT DISTINCT FROM k.{column}"
        " ORDER BY {key}, h.{checkpoint}) AS made WHERE late"
        " UNION SELECT {name} FROM {history} h WHERE h.{change}::text = {deleted}"
    ).format(
        key=_key(history, "h"),
        name=_name(history, "h"),
        of_moved=_same(history, "m", "h"),
        of_kept=_same(history, "k", "m"),
        same_checkpoint=_checkpoint(snapshot, history, "h"),
        late=_above(heights),
        history=rows_of(snapshot, history.table),
        moved=_moved(snapshot, history, heights),
        checkpoints=snapshot.checkpoints,
        column=sql.Identifier(column),
        **_names(snapshot),
    )
    return frozenset(str(key) for (key,) in await snapshot.rows(query))


def state(
    snapshot: Snapshot,
    table: Table,
    history: Kept,
    fields: Fields,
    *,
    heights: Mapping[int, int],
    foreign: Iterable[int],
    buckets: int,
    sums: Collection[str] = (),
) -> Relation:
    """The rows of an entity as they were at the heights. Chains without a height count as they are now.

    A row that was written above the heights before it was written at or below them never had the wanted
    state. Its `sums` are known even so: they are what the writes at or below the heights added.
    """
    if lacking := [column.name for column in table.columns if history.column(column.name) is None]:
        raise UnseenError(
            f"the history of {table.name} does not have {', '.join(lacking)}", Cause.UNSUPPORTED
        )
    added = [column for column in table.columns if column.name in sums]
    body = sql.SQL(
        "(WITH late AS MATERIALIZED"
        " (SELECT {key}, last_kept, first_late < last_kept AS mixed FROM ({moved}) AS moved"
        " WHERE first_late IS NOT NULL){added}"
        " SELECT {current} FROM {table} e WHERE NOT EXISTS (SELECT 1 FROM late l WHERE {of_current})"
        " UNION ALL SELECT {kept} FROM {history} h"
        " JOIN late l ON {of_late} AND l.last_kept = h.{checkpoint}{joined}"
        " WHERE h.{change}::text = {written})"
    ).format(
        key=_key(history, "moved"),
        of_current=_same(history, "l", "e"),
        of_late=_same(history, "l", "h"),
        moved=_moved(snapshot, history, heights),
        added=_added(snapshot, history, heights, added) if added else sql.SQL(""),
        joined=sql.SQL(" LEFT JOIN added a ON {}").format(_same(history, "a", "h")) if added else sql.SQL(""),
        current=sql.SQL(", ").join(sql.SQL("e.{}").format(sql.Identifier(one.name)) for one in table.columns),
        kept=sql.SQL(", ").join(_kept(column, added) for column in table.columns),
        table=rows_of(snapshot, table),
        history=rows_of(snapshot, history.table),
        **_names(snapshot),
    )
    return in_buckets(body, table, fields, foreign=foreign, buckets=buckets, stored=False)


def _kept(column: Column, added: Collection[Column]) -> sql.Composable:
    name = sql.Identifier(column.name)
    if column not in added:
        return sql.SQL("h.{}").format(name)
    return sql.SQL("CASE WHEN l.mixed THEN a.{}::{} ELSE h.{} END").format(
        name, sql.Identifier("pg_catalog", column.type), name
    )


def _added(
    snapshot: Snapshot, history: Kept, heights: Mapping[int, int], columns: Collection[Column]
) -> sql.Composed:
    """What the writes at or below the heights added to the columns of mixed rows.

    The first row of a history that begins with the state before it (checkpoint 0) counts as such a write.
    """
    for column in columns:
        if column.kind not in NUMBERS:
            raise UnseenError(
                f"the policy calls {column.name} a sum, and it holds no numbers", Cause.BAD_ANSWER
            )
    steps = [
        sql.SQL("coalesce(h.{0}, 0)::numeric - coalesce(lag(h.{0}) OVER w, 0)::numeric AS {0}").format(
            sql.Identifier(column.name)
        )
        for column in columns
    ]
    totals = [
        sql.SQL("coalesce(sum({0}) FILTER (WHERE NOT above), 0) AS {0}").format(sql.Identifier(column.name))
        for column in columns
    ]
    return sql.SQL(
        ", added AS (SELECT {of_steps}, {totals} FROM (SELECT {key}, {late} AS above, {steps}"
        " FROM {history} h JOIN late l ON {of_late} AND l.mixed"
        " LEFT JOIN {checkpoints} c ON {same_checkpoint}"
        " WINDOW w AS (PARTITION BY {key} ORDER BY h.{checkpoint})) AS steps GROUP BY {of_steps})"
    ).format(
        key=_key(history, "h"),
        of_steps=_key(history, "steps"),
        of_late=_same(history, "l", "h"),
        same_checkpoint=_checkpoint(snapshot, history, "h"),
        totals=sql.SQL(", ").join(totals),
        late=_above(heights),
        steps=sql.SQL(", ").join(steps),
        history=rows_of(snapshot, history.table),
        checkpoints=snapshot.checkpoints,
        **_names(snapshot),
    )


async def begun(
    snapshot: Snapshot, history: Kept, heights: Mapping[int, int], keys: Iterable[str]
) -> dict[str, tuple[int, int]]:
    """The chain and block where history begins, for rows that did not exist at the heights according to it.

    Either the row did not exist yet, or Envio's concurrent pruning removed its past: a write finds an older
    history row and adds no checkpoint 0, while the pruning, which does not see the new row yet, deletes the
    older one.
    """
    query = sql.SQL(
        "SELECT {name}, c.chain_id, c.block_number FROM ({moved}) AS moved"
        " JOIN {checkpoints} c ON {same_checkpoint} WHERE moved.last_kept IS NULL AND {name} = ANY({keys})"
    ).format(
        name=_name(history, "moved"),
        moved=_moved(snapshot, history, heights),
        checkpoints=snapshot.checkpoints,
        same_checkpoint=_checkpoint(snapshot, history, "moved", at=sql.Identifier("first_late")),
        keys=sql.Literal(list(keys)),
    )
    return {key: (int(chain), int(block)) for key, chain, block in await snapshot.rows(query)}


def beginning(
    snapshot: Snapshot,
    table: Table,
    history: Kept,
    fields: Fields,
    *,
    heights: Mapping[int, int],
    foreign: Iterable[int],
    buckets: int,
) -> Relation:
    """The rows that `begun` returns, as they were first written above the heights.

    If one was deleted then, its history names no chain, and the checkpoint's chain is used.
    """
    columns = (_chained(column, fields) for column in history.table.columns)
    body = sql.SQL(
        "(SELECT {columns} FROM {history} h JOIN ({moved}) AS moved"
        " ON {of_moved} AND moved.first_late = h.{checkpoint}"
        " JOIN {checkpoints} c ON {same_checkpoint} WHERE moved.last_kept IS NULL)"
    ).format(
        of_moved=_same(history, "moved", "h"),
        same_checkpoint=_checkpoint(snapshot, history, "h"),
        columns=sql.SQL(", ").join(columns),
        checkpoints=snapshot.checkpoints,
        history=rows_of(snapshot, history.table),
        moved=_moved(snapshot, history, heights),
        checkpoint=_names(snapshot)["checkpoint"],
    )
    return in_buckets(body, table, fields, foreign=foreign, buckets=buckets, stored=False)


def _chained(column: Column, fields: Fields) -> sql.Composable:
    """A column of a history `h`; a missing chain is taken from the checkpoint `c`."""
    own = sql.SQL("h.{}").format(sql.Identifier(column.name))
    if column.name != fields.chain:
        return own
    return sql.SQL("coalesce({}, c.chain_id::text::{}) AS {}").format(
        own, sql.Identifier(column.type), sql.Identifier(column.name)
    )


async def rewritten(snapshot: Snapshot, history: Kept, block: str | None) -> str:
    """The key of a row written more than once, or at a block that is not its own; else an empty text.

    Such an entity changes, so its block column does not show which rows are complete.
    """
    elsewhere = (
        sql.SQL("false")
        if block is None
        else sql.SQL("bool_or(h.{} <> c.block_number)").format(sql.Identifier(block))
    )
    query = sql.SQL(
        "SELECT {name} FROM {history} h LEFT JOIN {checkpoints} c ON {same_checkpoint} GROUP BY {key}"
        " HAVING count(*) > 1 OR bool_or(h.{change}::text = {deleted}) OR {elsewhere} ORDER BY 1 LIMIT 1"
    ).format(
        name=_name(history, "h"),
        key=_key(history, "h"),
        same_checkpoint=_checkpoint(snapshot, history, "h"),
        history=rows_of(snapshot, history.table),
        checkpoints=snapshot.checkpoints,
        elsewhere=elsewhere,
        **_names(snapshot),
    )
    rows = await snapshot.rows(query)
    return str(rows[0][0]) if rows else ""


def _moved(snapshot: Snapshot, history: Kept, heights: Mapping[int, int]) -> sql.Composed:
    """For every row with history: its first checkpoint above the heights, and its last one at or below."""
    oldest = sql.SQL(
        " CROSS JOIN (SELECT min(id) AS id FROM {checkpoints}) AS oldest"
        if history.chain is None
        else " LEFT JOIN (SELECT chain_id, min(id) AS id FROM {checkpoints} GROUP BY 1) AS oldest"
        " ON oldest.chain_id = h.{chain}"
    ).format(checkpoints=snapshot.checkpoints, chain=sql.Identifier(history.chain or ""))
    return sql.SQL(
        "SELECT {key}, min(h.{checkpoint}) FILTER (WHERE {late}) AS first_late,"
        " max(h.{checkpoint}) FILTER (WHERE NOT {late}) AS last_kept,"
        " count(DISTINCT c.chain_id) AS chains,"
        " count(*) FILTER (WHERE c.id IS NULL AND h.{checkpoint} >= oldest.id) AS orphans"
        " FROM {history} h LEFT JOIN {checkpoints} c ON {same_checkpoint}{oldest} GROUP BY {key}"
    ).format(
        key=_key(history, "h"),
        same_checkpoint=_checkpoint(snapshot, history, "h"),
        oldest=oldest,
        late=_above(heights),
        history=rows_of(snapshot, history.table),
        checkpoints=snapshot.checkpoints,
        **_names(snapshot),
    )


def _key(history: Kept, of: str) -> sql.Composed:
    """The columns of the key."""
    return sql.SQL(", ").join(sql.Identifier(of, name) for name in history.key)


def _name(history: Kept, of: str) -> sql.Composable:
    """The text by which a comparison names a row."""
    return text_key(history.named, of)


def _same(history: Kept, one: str, other: str) -> sql.Composed:
    """Matches two rows with the same key."""
    return sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier(one, name), sql.Identifier(other, name))
        for name in history.key
    )


def _checkpoint(
    snapshot: Snapshot, history: Kept, of: str, *, at: sql.Identifier | None = None
) -> sql.Composed:
    """Matches `c` with the checkpoint at which a history row was written."""
    number = at or sql.Identifier(snapshot.storage.history.checkpoint)
    same = sql.SQL("c.id = {}.{}").format(sql.Identifier(of), number)
    if history.chain is None:
        return same
    return sql.SQL("{} AND c.chain_id = {}").format(same, sql.Identifier(of, history.chain))


def _names(snapshot: Snapshot) -> dict[str, sql.Composable]:
    """The names that the belt's release uses for a history's columns and values."""
    kept = snapshot.storage.history
    return {
        "checkpoint": sql.Identifier(kept.checkpoint),
        "change": sql.Identifier(kept.change),
        "written": sql.Literal(kept.written),
        "deleted": sql.Literal(kept.deleted),
    }


def _above(heights: Mapping[int, int]) -> sql.Composable:
    """True if a checkpoint lies above the height of its chain."""
    above = [
        sql.SQL("(c.chain_id = {} AND c.block_number > {})").format(sql.Literal(chain), sql.Literal(block))
        for chain, block in heights.items()
    ]
    return sql.SQL("coalesce({}, false)").format(sql.SQL(" OR ").join(above) if above else sql.SQL("false"))
