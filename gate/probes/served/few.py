"""Chooses a few rows of an entity as spans of its keys: where rows would differ first, and random ones."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from gate.probes.database.session import Snapshot
from gate.probes.served import table
from gate.probes.served.shape import Shape
from gate.probes.served.table import Span


@dataclass(frozen=True, kw_only=True, slots=True)
class Few:
    """How many: `rows` of one span, spans from `between` the ends, and those of the `newest` rows."""

    rows: int
    between: int
    newest: int

    async def spans(self, snapshot: Snapshot, shape: Shape, draw: random.Random) -> Sequence[Span]:
        """The first rows, the last ones, those written last, and some in between.

        If two correct belts differ, they differ in the rows written last.
        """
        bounds = await _known(snapshot, shape)
        starts: list[str | None] = [None, *draw.sample(bounds, min(self.between, len(bounds)))]
        starts += [await _before(snapshot, shape, key) for key in await self._newest(snapshot, shape)]
        found = [await self._from(snapshot, shape, start) for start in starts]
        found.append(await self._last(snapshot, shape))
        return list(dict.fromkeys(span for span in found if span is not None))

    async def _newest(self, snapshot: Snapshot, shape: Shape) -> list[str]:
        """Keys of rows at the end of the table's file."""
        size = "SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::int"
        name = snapshot.table(shape.table.name)
        [[pages]] = await snapshot.rows(size, (name.as_string(),))
        if not pages:
            return []
        query = sql.SQL("SELECT {}::text FROM {} t WHERE t.ctid >= {}::tid ORDER BY t.ctid DESC LIMIT {}")
        end, most = sql.Literal(f"({pages - 1},0)"), sql.Literal(self.newest)
        rows = await snapshot.rows(query.format(_main(shape), name, end, most))
        return [str(key) for (key,) in rows]

    async def _from(self, snapshot: Snapshot, shape: Shape, above: str | None) -> Span | None:
        rows = await _keys(snapshot, shape, table.within(shape, Span(above=above)), "ASC", self.rows)
        return Span(above=above, until=rows[-1]) if rows else None

    async def _last(self, snapshot: Snapshot, shape: Shape) -> Span | None:
        rows = await _keys(snapshot, shape, sql.SQL("true"), "DESC", self.rows)
        return Span(above=rows[-1], until=rows[0]) if len(rows) > 1 else None


async def _before(snapshot: Snapshot, shape: Shape, key: str) -> str | None:
    """The key whose span starts with the given one."""
    below = sql.SQL("{} < {}").format(_main(shape), sql.Literal(key))
    rows = await _keys(snapshot, shape, below, "DESC", 1)
    return rows[0] if rows else None


async def _known(snapshot: Snapshot, shape: Shape) -> list[str]:
    query = (
        "SELECT unnest(histogram_bounds::text::text[]) FROM pg_stats"
        " WHERE schemaname = %s AND tablename = %s AND attname = %s"
    )
    rows = await snapshot.rows(query, (snapshot.schema, shape.table.name, shape.main.column.name))
    return [str(bound) for (bound,) in rows]


async def _keys(snapshot: Snapshot, shape: Shape, where: sql.Composable, order: str, most: int) -> list[str]:
    query = sql.SQL("SELECT {main}::text FROM {table} t WHERE {where} ORDER BY {main} {order} LIMIT {rows}")
    found = await snapshot.rows(
        query.format(
            main=_main(shape),
            table=snapshot.table(shape.table.name),
            where=where,
            order=sql.SQL("ASC" if order == "ASC" else "DESC"),
            rows=sql.Literal(most),
        )
    )
    return [str(key) for (key,) in found]


def _main(shape: Shape) -> sql.Composed:
    return sql.SQL("t.{}").format(sql.Identifier(shape.main.column.name))
