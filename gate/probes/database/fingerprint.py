"""Reduces an entity's rows to a few thousand numbers, and finds the exact rows where they differ."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from psycopg import sql

from gate.observations.rows import Value
from gate.probes.database.hashing import Compared, column_hash, row_hash, text_form
from gate.probes.database.relation import Relation
from gate.probes.database.session import Snapshot


class Segment(NamedTuple):
    """Identifies rows by chain and by one range of blocks, span of time, or bucket."""

    chain: str | None
    number: int


class Sums(NamedTuple):
    """The sums over a segment's rows; `places` changes with every update, even without a new value."""

    rows: int
    strict: int
    whole: int
    places: int


class Row(NamedTuple):
    """One row of a comparison: its place, and its hashes with and without what may differ.

    `place` is the row's block, or its time if it has no block. `bound` omits all that may differ except what
    only new contracts change, `settled` all except what depends on the order of the chains, `named` only what
    the policy names. `traced` means that an event of a contract that only the candidate has writes the row.
    """

    place: int | None
    key: str
    strict: int
    whole: int
    bound: int = 0
    settled: int = 0
    named: int = 0
    traced: int = 0

    @property
    def order(self) -> tuple[bool, int, str]:
        """The order in which the server sends rows: NULL first, then by place, then by key."""
        return (self.place is not None, self.place or 0, self.key)

    def same(self, other: "Row") -> bool:
        """True if both belts hold the same row."""
        return (self.strict, self.whole) == (other.strict, other.whole)


class Why(Enum):
    """Why columns may differ."""

    NAMED = auto()  # the policy names the rows
    NEW_CONTRACTS = auto()  # if an event of a new contract writes the row
    ORDER = auto()  # undecidable: depends on the order in which a belt meets the chains


@dataclass(frozen=True, kw_only=True, slots=True)
class Exemption:
    """Columns that may differ; `where` limits the rows, `None` means all."""

    columns: frozenset[str]
    where: sql.Composable | None = None
    why: Why = Why.NAMED


@dataclass(frozen=True, kw_only=True, slots=True)
class Hash:
    """How the rows of one entity are hashed: all columns, and all except those that may differ.

    `implied` columns are constant within a segment or part of the key, so they are not hashed again.
    """

    key: sql.Composable
    columns: tuple[Compared, ...]
    implied: frozenset[str] = frozenset()
    exemptions: tuple[Exemption, ...] = ()

    @property
    def whole(self) -> sql.Composed:
        """The hash of all columns."""
        return self._row(column_hash(column) for column in self._hashed)

    @property
    def strict(self) -> sql.Composed:
        """The hash of all that has to be equal, without the exempted columns."""
        return self._row(self._without(column, self.exemptions) for column in self._hashed)

    def leaving(self, *whys: Why) -> sql.Composable:
        """Like `strict`, but with only the exemptions for these reasons; 0 if there are none."""
        others = tuple(exemption for exemption in self.exemptions if exemption.why not in whys)
        if len(others) == len(self.exemptions):
            return sql.SQL("0")
        return self._row(self._without(column, others) for column in self._hashed)

    @property
    def _hashed(self) -> list[Compared]:
        return [column for column in self.columns if column.name not in self.implied]

    def _row(self, hashes: Iterable[sql.Composable]) -> sql.Composed:
        return row_hash(self.key, sql.SQL(" # ").join(list(hashes) or [sql.Literal(0)]))

    def _without(self, column: Compared, among: Iterable[Exemption]) -> sql.Composable:
        exemptions = [exemption for exemption in among if column.name in exemption.columns]
        if any(exemption.where is None for exemption in exemptions):
            return sql.Literal(0)
        conditions = sql.SQL(" OR ").join(
            exemption.where for exemption in exemptions if exemption.where is not None
        )
        if not exemptions:
            return column_hash(column)
        return sql.SQL("CASE WHEN {} THEN 0 ELSE {} END").format(conditions, column_hash(column))


async def segments(snapshot: Snapshot, relation: Relation, hashed: Hash) -> dict[Segment, Sums]:
    """The sums of every segment, from one scan; the size does not depend on the number of rows."""
    whole = sql.SQL("sum({})").format(hashed.whole)
    grouping = sql.SQL("2") if relation.grouping is None else sql.SQL("{}, 2").format(relation.grouping)
    query = sql.SQL("SELECT {}, {}, count(*), {}, {}, {} FROM {} t WHERE {} GROUP BY {}{}").format(
        relation.chain,
        relation.segment,
        sql.SQL("sum({})").format(hashed.strict) if hashed.exemptions else whole,
        whole if hashed.exemptions else sql.SQL("0"),
        sql.SQL("sum(hashtidextended(t.ctid, 0))" if relation.stored else "0"),
        relation.body,
        relation.scanned,
        grouping,
        _having(relation.counted),
    )
    return {
        Segment(chain, number): Sums(rows, int(strict), int(whole), int(places))
        for chain, number, rows, strict, whole, places in await snapshot.rows(query)
    }


async def keys(snapshot: Snapshot, relation: Relation, hashed: Hash) -> list[tuple[Segment, int]]:
    """The `strict` hash of every row of a relation, with its segment."""
    query = sql.SQL("SELECT {}, {}, {} FROM {} t WHERE {}").format(
        relation.chain, relation.segment, hashed.strict, relation.body, relation.within
    )
    return [(Segment(chain, number), int(strict)) for chain, number, strict in await snapshot.rows(query)]


def _having(counted: sql.Composable | None) -> sql.Composable:
    """A HAVING condition. Without an aggregate, Postgres would evaluate it for each row."""
    if counted is None:
        return sql.SQL("")
    return sql.SQL(" HAVING CASE count(*) WHEN 0 THEN false ELSE {} END").format(counted)


async def places(snapshot: Snapshot, relation: Relation) -> tuple[int, int]:
    """The number and places of a relation's rows: equal twice only if none was written in between."""
    query = sql.SQL(
        "SELECT count(*), coalesce(sum(hashtidextended(t.ctid, 0)), 0) FROM {} t WHERE {}"
    ).format(relation.body, relation.within)
    [[rows, total]] = await snapshot.rows(query)
    return int(rows), int(total)


def select_rows(
    relation: Relation,
    hashed: Hash,
    *,
    chain: str | None,
    numbers: Iterable[int],
    events: sql.Composable | None = None,
) -> sql.Composed:
    """The rows of some segments of one chain, in the order in which both belts' rows are merged.

    `events` joins them with the keys of rows that new contracts write, as `r.key`.
    """
    return sql.SQL(
        "SELECT {place}, {key}, {strict}, {whole}, {bound}, {settled}, {named}, {traced}"
        " FROM {body} t {events} WHERE {segments} ORDER BY 1 NULLS FIRST, 2"
    ).format(
        place=relation.place,
        key=relation.key,
        strict=hashed.strict,
        whole=hashed.whole if hashed.exemptions else sql.SQL("0"),
        bound=hashed.leaving(Why.NEW_CONTRACTS),
        settled=hashed.leaving(Why.ORDER),
        named=hashed.leaving(Why.NEW_CONTRACTS, Why.ORDER),
        traced=sql.SQL("0" if events is None else "(r.key IS NOT NULL)::int4"),
        body=relation.body,
        events=events or sql.SQL(""),
        segments=in_segments(relation, chain, numbers),
    )


def in_segments(relation: Relation, chain: str | None, numbers: Iterable[int]) -> sql.Composed:
    """True for the rows of some segments of one chain."""
    # Nearly all rows are in other segments: CASE stops the planner from evaluating the rest for them.
    return sql.SQL("CASE WHEN {} IN ({}) THEN {} AND {} IS NOT DISTINCT FROM {} END").format(
        relation.segment,
        sql.SQL(", ").join(map(sql.Literal, numbers)),
        relation.within,
        relation.chain,
        sql.Literal(chain),
    )


RowStream = AsyncIterator[tuple[int | None, str, int, int, int, int, int, int]]


async def merged(
    serving: RowStream, candidate: RowStream, *, at_once: bool
) -> AsyncGenerator[tuple[Row | None, Row | None], None]:
    """Pairs the rows of two ordered streams, and drops equal pairs."""
    # Before it sends the first row, a server sorts all of them.
    if at_once:
        one, other = await asyncio.gather(_next(serving), _next(candidate))
    else:
        one, other = await _next(serving), await _next(candidate)
    while one is not None or other is not None:
        if other is None or (one is not None and one.order < other.order):
            yield one, None
            one = await _next(serving)
        elif one is None or other.order < one.order:
            yield None, other
            other = await _next(candidate)
        else:
            if not one.same(other):
                yield one, other
            one, other = await _next(serving), await _next(candidate)


async def _next(rows: RowStream) -> Row | None:
    row = await anext(rows, None)
    return None if row is None else Row(*row)


async def values(
    snapshot: Snapshot, relation: Relation, columns: tuple[Compared, ...], keys: list[str]
) -> Mapping[str, dict[str, tuple[int, str | None]]]:
    """The hash and the text of every column of some rows."""
    parts = [
        part for column in columns for part in (column_hash(column), text_form(column.name, column.kind))
    ]
    query = sql.SQL("SELECT {}, {} FROM {} t WHERE {} AND {} = ANY({})").format(
        relation.key,
        sql.SQL(", ").join(parts),
        relation.body,
        relation.within,
        relation.lookup,
        sql.Literal(keys),
    )
    return {
        str(key): {
            column.name: (found[2 * index], found[2 * index + 1]) for index, column in enumerate(columns)
        }
        for key, *found in await snapshot.rows(query)
    }


def unequal_values(
    serving: Mapping[str, tuple[int, str | None]], candidate: Mapping[str, tuple[int, str | None]]
) -> tuple[Value, ...]:
    """The columns in which two rows differ, with the values of both belts."""
    return tuple(
        Value(column=name, serving=text, candidate=candidate[name][1])
        for name, (hashed, text) in serving.items()
        if name in candidate and candidate[name][0] != hashed
    )
