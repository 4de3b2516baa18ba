"""The rows of an entity as a few thousand numbers, and the exact rows where two belts' numbers differ."""

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
    """Which rows: those of one chain, and of one range of blocks, of one span of time, or of one bucket."""

    chain: str | None
    number: int


class Sums(NamedTuple):
    """What the rows of a segment add up to. `places` changes with every update of a row, whatever it
    writes.
    """

    rows: int
    strict: int
    whole: int
    places: int


class Row(NamedTuple):
    """One row on its way through a comparison: its place, and its hashes without and with what may differ.

    `place` is the row's block, or its second where it has no block. `bound` leaves out all that may differ
    but what only new contracts change, `settled` all but what depends on the order of the chains, `named`
    only what the policy names. `traced` says that an event of a contract that only the candidate has writes
    the row.
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
        """Whether both belts hold the row alike."""
        return (self.strict, self.whole) == (other.strict, other.whole)


class Why(Enum):
    """For what reason columns may differ."""

    NAMED = auto()  # the policy names the rows
    NEW_CONTRACTS = auto()  # if an event of a new contract writes the row
    ORDER = auto()  # nobody can tell: it depends on the order in which a belt meets the chains


@dataclass(frozen=True, kw_only=True, slots=True)
class Exemption:
    """Columns that may differ; `where` narrows the rows for which they may, `None` is all of them."""

    columns: frozenset[str]
    where: sql.Composable | None = None
    why: Why = Why.NAMED


@dataclass(frozen=True, kw_only=True, slots=True)
class Hash:
    """How the rows of one entity are hashed: all columns, and all but those that may differ.

    `implied` columns are the same for all rows of a segment, or part of the key, so they are not hashed
    again.
    """

    key: sql.Composable
    columns: tuple[Compared, ...]
    implied: frozenset[str] = frozenset()
    exemptions: tuple[Exemption, ...] = ()

    @property
    def whole(self) -> sql.Composed:
        """The hash of everything."""
        return self._row(column_hash(column) for column in self._hashed)

    @property
    def strict(self) -> sql.Composed:
        """The hash of everything that has to be equal: each column once, or not where it is excused."""
        return self._row(self._without(column, self.exemptions) for column in self._hashed)

    def leaving(self, *whys: Why) -> sql.Composable:
        """As `strict`, but with what is excused for these reasons alone; 0 where nothing is."""
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
    """Every segment of a relation in one scan; its size does not depend on the number of rows."""
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
    """The `strict` hash of every row of a relation, with the segment that it belongs to."""
    query = sql.SQL("SELECT {}, {}, {} FROM {} t WHERE {}").format(
        relation.chain, relation.segment, hashed.strict, relation.body, relation.within
    )
    return [(Segment(chain, number), int(strict)) for chain, number, strict in await snapshot.rows(query)]


def _having(counted: sql.Composable | None) -> sql.Composable:
    """A condition on segments. Without an aggregate in it, Postgres would look at it for each row."""
    if counted is None:
        return sql.SQL("")
    return sql.SQL(" HAVING CASE count(*) WHEN 0 THEN false ELSE {} END").format(counted)


async def places(snapshot: Snapshot, relation: Relation) -> tuple[int, int]:
    """How many rows a relation has and where they lie: the same twice only if none of them was written."""
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
    """The rows of some segments of one chain, in the order in which two belts' rows are merged.

    `events` joins them with the keys of rows that contracts which are new write, as `r.key`.
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
    # Nearly all rows are of other segments: CASE keeps the planner from reckoning anything else for those.
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
    """Pairs the rows of two ordered streams, and leaves out the pairs that are the same."""
    # To find the first one, a server sorts all of them.
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
    """The columns in which two rows differ, as both belts hold them."""
    return tuple(
        Value(column=name, serving=text, candidate=candidate[name][1])
        for name, (hashed, text) in serving.items()
        if name in candidate and candidate[name][0] != hashed
    )
