"""Reads a row's states between two snapshots from the history that Envio keeps near the head.

A row that changes faster than it can be read from both sides matches neither snapshot. Its history has each
state in between.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from gate.probes.database.catalog import Catalog
from gate.probes.database.session import Snapshot
from gate.probes.served import table
from gate.probes.served.table import Row, Selection, key_of

Key = tuple[str, ...]
Versions = Mapping[Key, Sequence[Row | None]]
"""States by key; `None` is a deleted row."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """The newest checkpoint of a snapshot, which holds nothing written later.

    `kept` is true if the entity has any history; without one, deleted rows are unknown.
    """

    newest: int
    kept: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """The history of one entity, in its table."""

    selection: Selection
    table: str

    async def mark(self, snapshot: Snapshot) -> Mark:
        """The mark of a snapshot."""
        query = sql.SQL("SELECT coalesce(max(id), 0), EXISTS (SELECT FROM {}) FROM {}").format(
            snapshot.table(self.table), snapshot.checkpoints
        )
        [[newest, kept]] = await snapshot.rows(query)
        return Mark(newest=int(newest), kept=bool(kept))

    async def since(self, snapshot: Snapshot, mark: Mark, keys: Collection[Key]) -> Versions:
        """The states of some rows that were written after a mark."""
        shape = self.selection.shape
        kept = snapshot.storage.history
        later = sql.SQL("t.{} > {} AND ({}) IN ({})").format(
            sql.Identifier(kept.checkpoint),
            sql.Literal(mark.newest),
            sql.SQL(", ").join(
                sql.SQL("t.{}::text").format(sql.Identifier(part.column.name)) for part in shape.key
            ),
            sql.SQL(", ").join(
                sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, key))) for key in sorted(keys)
            ),
        )
        change = sql.Identifier(kept.change)
        found: dict[Key, list[Row | None]] = {}
        written = sql.SQL("{} AND t.{}::text = {}").format(later, change, sql.Literal(kept.written))
        for row in await table.read_where(snapshot, self.selection, written, source=self.table):
            found.setdefault(key_of(self.selection, row), []).append(row)
        columns = sql.SQL(", ").join(
            sql.SQL("t.{}::text").format(sql.Identifier(part.column.name)) for part in shape.key
        )
        gone = sql.SQL("SELECT {} FROM {} t WHERE {} AND t.{}::text = {}").format(
            columns, snapshot.table(self.table), later, change, sql.Literal(kept.deleted)
        )
        for key in await snapshot.rows(gone):
            found.setdefault(tuple(map(str, key)), []).append(None)
        return found


def history_of(selection: Selection, tables: Catalog) -> History | None:
    """The history of an entity, if the belt keeps one with all of its columns.

    If each chain counts its own checkpoints, the newest of all says nothing about the others.
    """
    kept = tables.storage.history
    found = tables.history(selection.shape.table.name)
    names = (kept.checkpoint, kept.change, *(scalar.column.name for scalar in selection.shape.scalars))
    if found is None or tables.checkpoints is None or not tables.ordered:
        return None
    if not all(found.column(name) for name in names):
        return None
    return History(selection=selection, table=found.name)
