"""Finds where on disk the rows of a few segments lie, so that the whole table need not be read again.

A belt writes rows roughly in the order of their blocks. A few pages, sampled from the whole table, show
where to look for each segment. This is a guess, which the number of rows in the segment confirms: rows that
lie elsewhere would be missing.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from psycopg import sql

from gate.probes.database.fingerprint import in_segments
from gate.probes.database.relation import Relation
from gate.probes.database.session import Snapshot

SMALL = 1_000  # pages, 8 MB: such a table is read faster than searched
DRAWN = 128  # pages, about
FEW = 64  # segments


class Spot(NamedTuple):
    """The first and last sampled pages with rows of a segment."""

    segment: int
    first: int
    last: int


class Span(NamedTuple):
    """A range of pages without its end."""

    begin: int
    end: int


async def narrowed(
    snapshot: Snapshot, relation: Relation, *, chain: str | None, wanted: Mapping[int, int]
) -> Relation:
    """A relation without most of the pages that hold no row of some segments of one chain.

    `wanted` is how many rows each segment has in this snapshot. If the pages do not hold exactly those, the
    relation is returned unchanged.
    """
    if not relation.ordered or len(wanted) > FEW:
        return relation
    pages = await _size(snapshot, relation)
    if pages < SMALL:
        return relation
    spans = likely(await _drawn(snapshot, relation, chain, pages), wanted, pages)
    if 2 * sum(span.end - span.begin for span in spans) > pages:
        return relation
    less = replace(relation, body=_only(relation, spans))
    return less if await _holds(snapshot, less, chain, wanted) else relation


def likely(drawn: Iterable[Spot], segments: Iterable[int], pages: int) -> list[Span]:
    """The pages between the nearest samples of each segment, and the last ones, which hold rewritten rows."""
    spots = sorted(drawn)
    numbers = [spot.segment for spot in spots]
    spans = [Span(max(0, pages - pages // DRAWN - 1), pages)]
    for segment in segments:
        below, above = bisect_left(numbers, segment) - 1, bisect_right(numbers, segment)
        near = spots[max(0, below) : above + 1]
        begin = min(spot.first for spot in near) if below >= 0 else 0
        end = max(spot.last for spot in near) + 1 if above < len(spots) else pages
        spans.append(Span(begin, end))
    return _disjoint(spans)


def _disjoint(spans: list[Span]) -> list[Span]:
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.begin <= found[-1].end:
            found[-1] = Span(found[-1].begin, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


async def _size(snapshot: Snapshot, relation: Relation) -> int:
    """The number of pages of a table; 0 for a partitioned one."""
    query = sql.SQL("SELECT pg_relation_size({}::regclass) / current_setting('block_size')::int8")
    [[pages]] = await snapshot.rows(query.format(sql.Literal(relation.body.as_string())))
    return int(pages)


async def _drawn(snapshot: Snapshot, relation: Relation, chain: str | None, pages: int) -> list[Spot]:
    """Samples pages of the whole table for rows of one chain."""
    query = sql.SQL(
        "SELECT {segment}, (min(t.ctid)::text::point)[0]::int8, (max(t.ctid)::text::point)[0]::int8"
        " FROM {body} t TABLESAMPLE SYSTEM ({percent}) REPEATABLE (0)"
        " WHERE {chain} IS NOT DISTINCT FROM {only} GROUP BY 1"
    ).format(
        segment=relation.segment,
        body=relation.body,
        percent=sql.Literal(100 * DRAWN / pages),
        chain=relation.chain,
        only=sql.Literal(chain),
    )
    return [Spot(*row) for row in await snapshot.rows(query)]


def _only(relation: Relation, spans: Iterable[Span]) -> sql.Composed:
    """Some pages of a relation's table. Postgres can look up one range of pages, but not a union of them."""
    parts = [
        sql.SQL("SELECT * FROM {} p WHERE p.ctid >= {}::tid AND p.ctid < {}::tid").format(
            relation.body, sql.Literal(f"({span.begin},0)"), sql.Literal(f"({span.end},0)")
        )
        for span in spans
    ]
    return sql.SQL("({})").format(sql.SQL(" UNION ALL ").join(parts))


async def _holds(
    snapshot: Snapshot, relation: Relation, chain: str | None, wanted: Mapping[int, int]
) -> bool:
    """True if a relation has the expected number of rows in every segment."""
    query = sql.SQL("SELECT {}, count(*) FROM {} t WHERE {} GROUP BY 1").format(
        relation.segment, relation.body, in_segments(relation, chain, wanted)
    )
    found = {int(segment): int(rows) for segment, rows in await snapshot.rows(query)}
    return all(found.get(segment, 0) == rows for segment, rows in wanted.items())
