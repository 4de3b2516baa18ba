"""Chooses which rows of an entity are read: all, or those of spans over the whole range of keys."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from psycopg import sql

from gate.probes.database.session import Snapshot
from gate.probes.served.shape import Shape
from gate.probes.served.table import Span

SIZE = 900
"""Rows of one question: below the limit of 1,000 of Envio's hosting, with room for extra rows."""
DRAWN = 100
"""Spans read of a list too large to read whole, always including the first and the last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What to read of one entity. `held` rows are in the database; `whole` if no span is left out.

    `chains` are those that its rows name.
    """

    spans: tuple[Span, ...]
    chains: tuple[str, ...]
    held: int
    whole: bool


async def reading(
    snapshot: Snapshot, shape: Shape, chain: str | None, *, most: int, draw: random.Random
) -> Reading:
    """Plans to read up to `most` rows of each chain whole; `chain` is the column that names it."""
    groups = await _counted(snapshot, shape, chain)
    held = sum(groups.values())
    chains = tuple(name for name in groups if name is not None)
    if not any(rows > most for rows in groups.values()):
        bounds = await _bounds(snapshot, shape, None)
        return Reading(spans=tuple(between(bounds)), chains=chains, held=held, whole=True)
    spans: list[Span] = []
    for name, rows in groups.items():
        only = (chain, name) if chain is not None and name is not None else None
        found = list(between(await _bounds(snapshot, shape, only), only))
        spans += found if rows <= most else drawn(found, draw)
    return Reading(spans=tuple(spans), chains=chains, held=held, whole=False)


async def _counted(snapshot: Snapshot, shape: Shape, chain: str | None) -> Mapping[str | None, int]:
    """The number of rows of each chain, or of the entity if it has no chains."""
    value = sql.SQL("NULL") if chain is None else sql.SQL("t.{}").format(sql.Identifier(chain))
    query = sql.SQL("SELECT {}::text, count(*) FROM {} t GROUP BY 1 ORDER BY 1").format(
        value, snapshot.table(shape.table.name)
    )
    return {name: int(rows) for name, rows in await snapshot.rows(query)}


async def _bounds(snapshot: Snapshot, shape: Shape, only: tuple[str, str] | None) -> list[str]:
    """Every so many rows, the main key, in order."""
    main = sql.SQL("t.{}").format(sql.Identifier(shape.main.column.name))
    condition = (
        sql.SQL("true")
        if only is None
        else sql.SQL("t.{} = {}").format(sql.Identifier(only[0]), sql.Literal(only[1]))
    )
    query = sql.SQL(
        "SELECT DISTINCT ON (k) k::text FROM (SELECT {main} AS k, row_number() OVER (ORDER BY {main}) AS n"
        " FROM {table} t WHERE {condition}) AS numbered WHERE n % {size} = 0 ORDER BY k"
    ).format(
        main=main,
        table=snapshot.table(shape.table.name),
        condition=condition,
        size=sql.Literal(SIZE),
    )
    return [str(row[0]) for row in await snapshot.rows(query)]


def between(bounds: Iterable[str], chain: tuple[str, str] | None = None) -> Iterator[Span]:
    """The spans between the bounds, which cover the whole range of keys."""
    above: str | None = None
    for bound in bounds:
        yield Span(above=above, until=bound, chain=chain)
        above = bound
    yield Span(above=above, chain=chain)


def drawn(spans: Sequence[Span], draw: random.Random, number: int = DRAWN) -> list[Span]:
    """Some of the spans, in order: the first, the last, and one from each of equal parts in between."""
    if len(spans) <= number:
        return list(spans)
    inner, parts = spans[1:-1], number - 2
    cuts = [len(inner) * part // parts for part in range(parts + 1)]
    return [
        spans[0],
        *(inner[draw.randrange(start, end)] for start, end in pairwise(cuts)),
        spans[-1],
    ]
