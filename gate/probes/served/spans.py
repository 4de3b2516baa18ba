"""Which rows of an entity are read: all, or those of spans drawn over the whole range of keys."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from psycopg import sql

from gate.probes.database.session import Snapshot
from gate.probes.served.shape import Shape
from gate.probes.served.table import Span

SIZE = 900
"""Rows of one question: fewer than the limit of 1,000 that Envio's hosting sets; extra ones fit in."""
DRAWN = 100
"""Spans that are read of what is too much to be read whole; the first and the last are always among them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What is to be read of one entity. `held` rows are in the database; `whole` where no span is left out.

    `chains` are those that its rows name.
    """

    spans: tuple[Span, ...]
    chains: tuple[str, ...]
    held: int
    whole: bool


async def reading(
    snapshot: Snapshot, shape: Shape, chain: str | None, *, most: int, draw: random.Random
) -> Reading:
    """Up to `most` rows of each chain are read whole; `chain` is the column that names it."""
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
    """How many rows each chain has; of an entity without chains, how many there are."""
    value = sql.SQL("NULL") if chain is None else sql.SQL("t.{}").format(sql.Identifier(chain))
    query = sql.SQL("SELECT {}::text, count(*) FROM {} t GROUP BY 1 ORDER BY 1").format(
        value, snapshot.table(shape.table.name)
    )
    return {name: int(rows) for name, rows in await snapshot.rows(query)}


async def _bounds(snapshot: Snapshot, shape: Shape, only: tuple[str, str] | None) -> list[str]:
    """Every so many rows, the main key, in its order."""
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
    """The spans that bounds make, together the whole range of keys."""
    above: str | None = None
    for bound in bounds:
        yield Span(above=above, until=bound, chain=chain)
        above = bound
    yield Span(above=above, chain=chain)


def drawn(spans: Sequence[Span], draw: random.Random, number: int = DRAWN) -> list[Span]:
    """Some of the spans, in order: the first, the last, and one of each of as many equal parts between."""
    if len(spans) <= number:
        return list(spans)
    inner, parts = spans[1:-1], number - 2
    cuts = [len(inner) * part // parts for part in range(parts + 1)]
    return [
        spans[0],
        *(inner[draw.randrange(start, end)] for start, end in pairwise(cuts)),
        spans[-1],
    ]
