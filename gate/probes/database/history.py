"""The state of an entity at an earlier height, from the history that Envio keeps to undo a reorganisation.

A row whose history says nothing after the height is the current row. Any other is the latest of its history
at or below the height; checkpoint 0 is the row as it was before its history began. Envio drops what lies
below a safe checkpoint, so a chain's state is known only from just below its oldest checkpoint upwards.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from psycopg import sql

from gate.observations.unobserved import Cause
from gate.probes.database.catalog import Table
from gate.probes.database.relation import Fields, Relation, in_buckets
from gate.probes.database.session import Snapshot
from gate.probes.unseen import UnseenError

CHECKPOINTS = "envio_checkpoints"


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """Whether the history of an entity settles its state at a height.

    `mixed` rows were written above the height on one chain and later at or below it on another: their state
    at the height never existed. `several` rows are written from several chains, so they depend on the order
    in which a belt met them. `orphans` are rows of history whose checkpoint is gone although younger ones
    remain.
    """

    mixed: int
    several: int
    orphans: int
    example: str


async def floors(snapshot: Snapshot) -> dict[int, int]:
    """For every chain with history, the lowest block at which its state is known."""
    query = sql.SQL("SELECT chain_id, min(block_number) - 1 FROM {} GROUP BY 1").format(
        snapshot.table(CHECKPOINTS)
    )
    return {int(chain): int(block) for chain, block in await snapshot.rows(query)}


async def order(snapshot: Snapshot, history: Table, heights: Mapping[int, int]) -> Order:
    """Reads whether the state at the heights is settled."""
    query = sql.SQL(
        "SELECT count(*) FILTER (WHERE first_late < last_kept), count(*) FILTER (WHERE chains > 1),"
        " coalesce(sum(orphans), 0),"
        " coalesce(min(id::text) FILTER (WHERE first_late < last_kept OR chains > 1), '')"
        " FROM ({}) AS moved"
    ).format(_moved(snapshot, history, heights))
    [[mixed, several, orphans, example]] = await snapshot.rows(query)
    return Order(mixed=mixed, several=several, orphans=int(orphans), example=example)


def state(
    snapshot: Snapshot,
    table: Table,
    history: Table,
    fields: Fields,
    *,
    heights: Mapping[int, int],
    foreign: Iterable[int],
    buckets: int,
) -> Relation:
    """The rows of an entity as they were at the heights. Chains without a height count as they are now."""
    columns = [sql.Identifier(column.name) for column in table.columns if history.column(column.name)]
    if len(columns) != len(table.columns) or table.key != ("id",):
        raise UnseenError(
            f"the history of {table.name} does not have the columns of {table.name}", Cause.UNSUPPORTED
        )
    body = sql.SQL(
        "(WITH late AS MATERIALIZED"
        " (SELECT id, last_kept FROM ({moved}) AS moved WHERE first_late IS NOT NULL)"
        " SELECT {current} FROM {table} e WHERE NOT EXISTS (SELECT 1 FROM late l WHERE l.id = e.id)"
        " UNION ALL SELECT {kept} FROM {history} h"
        " JOIN late l ON l.id = h.id AND l.last_kept = h.envio_checkpoint_id"
        " WHERE h.envio_change::text = 'SET')"
    ).format(
        moved=_moved(snapshot, history, heights),
        current=sql.SQL(", ").join(sql.SQL("e.{}").format(name) for name in columns),
        kept=sql.SQL(", ").join(sql.SQL("h.{}").format(name) for name in columns),
        table=snapshot.table(table.name),
        history=snapshot.table(history.name),
    )
    return in_buckets(body, table, fields, foreign=foreign, buckets=buckets, stored=False)


async def begun(
    snapshot: Snapshot, history: Table, heights: Mapping[int, int], keys: Iterable[str]
) -> dict[str, tuple[int, int]]:
    """Of rows that by their history did not exist at the heights: the chain and the block at which it begins.

    That a row was not there yet is one reason. The other is that Envio prunes history beside its writing: a
    write finds an older row of history and adds no checkpoint 0, and the pruning, which does not see the new
    row yet, takes the older one away.
    """
    query = sql.SQL(
        "SELECT moved.id::text, c.chain_id, c.block_number FROM ({}) AS moved"
        " JOIN {} c ON c.id = moved.first_late WHERE moved.last_kept IS NULL AND moved.id::text = ANY({})"
    ).format(_moved(snapshot, history, heights), snapshot.table(CHECKPOINTS), sql.Literal(list(keys)))
    return {key: (int(chain), int(block)) for key, chain, block in await snapshot.rows(query)}


async def rewritten(snapshot: Snapshot, history: Table, block: str | None) -> str:
    """The key of a row that was written more than once, or at a block that is not its own; else an empty
    text.

    An entity that has one changes, so its column for the block does not say which rows are complete.
    """
    elsewhere = (
        sql.SQL("false")
        if block is None
        else sql.SQL("bool_or(h.{} <> c.block_number)").format(sql.Identifier(block))
    )
    query = sql.SQL(
        "SELECT h.id::text FROM {} h LEFT JOIN {} c ON c.id = h.envio_checkpoint_id GROUP BY h.id"
        " HAVING count(*) > 1 OR bool_or(h.envio_change::text = 'DELETE') OR {} ORDER BY 1 LIMIT 1"
    ).format(snapshot.table(history.name), snapshot.table(CHECKPOINTS), elsewhere)
    rows = await snapshot.rows(query)
    return str(rows[0][0]) if rows else ""


def _moved(snapshot: Snapshot, history: Table, heights: Mapping[int, int]) -> sql.Composed:
    """For every row with history: its first checkpoint above the heights, and its last one at or below
    them.
    """
    above = [
        sql.SQL("(c.chain_id = {} AND c.block_number > {})").format(sql.Literal(chain), sql.Literal(block))
        for chain, block in heights.items()
    ]
    return sql.SQL(
        "SELECT h.id, min(h.envio_checkpoint_id) FILTER (WHERE {late}) AS first_late,"
        " max(h.envio_checkpoint_id) FILTER (WHERE NOT {late}) AS last_kept,"
        " count(DISTINCT c.chain_id) AS chains,"
        " count(*) FILTER (WHERE c.id IS NULL AND h.envio_checkpoint_id >= oldest.id) AS orphans"
        " FROM {history} h LEFT JOIN {checkpoints} c ON c.id = h.envio_checkpoint_id"
        " CROSS JOIN (SELECT min(id) AS id FROM {checkpoints}) AS oldest GROUP BY h.id"
    ).format(
        late=sql.SQL("coalesce({}, false)").format(
            sql.SQL(" OR ").join(above) if above else sql.SQL("false")
        ),
        history=snapshot.table(history.name),
        checkpoints=snapshot.table(CHECKPOINTS),
    )
