"""Builds the SQL for the rows of an entity as they were at one height."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from gate.probes.database.catalog import Kind, Table
from gate.probes.database.hashing import text_form
from gate.probes.database.session import Snapshot

NOWHERE = -(2**63)  # the segment of rows whose block or time is NULL
SECONDS_PER_SEGMENT = 6 * 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class Fields:
    """The columns of one entity that say where a row belongs; `None` if it has no such column.

    `keyed` means that every key begins with the id of the row's chain, as handlers often build it.
    """

    chain: str | None = None
    block: str | None = None
    timestamp: str | None = None
    keyed: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are set."""
        return tuple(filter(None, (self.chain, self.block, self.timestamp)))

    @property
    def chained(self) -> bool:
        """True if rows name their chain."""
        return self.chain is not None or self.keyed

    def chain_of(self, table: Table) -> sql.Composable | None:
        """The chain of a row."""
        if self.chain is not None:
            return plain(self.chain)
        return (
            sql.SQL("split_part(translate({}, '_:/|', '----'), '-', 1)").format(key_of(table))
            if self.keyed
            else None
        )

    def chain_text(self, table: Table) -> sql.Composable:
        """The chain of a row as text, or NULL."""
        chain = self.chain_of(table)
        return sql.SQL("NULL::text") if chain is None else sql.SQL("{}::text").format(chain)


@dataclass(frozen=True, kw_only=True, slots=True)
class Relation:
    """Rows to compare: `body` is selected from as `t`, `within` holds for the rows that count.

    If segments end at the height, `scanned` and `counted` are cheaper forms of it: the rows that a scan of
    all segments reads, and the segments that count. `lookup` is the key without its collation, so that an
    index can be used; `grouping` is the chain in its own type. `place` is a row's block if `blocks` is true,
    else its time, or NULL. `segment` groups rows that are compared as one. `stored` means that the rows are
    the table's own, so that each has a spot on disk, which every update changes; `ordered`, that the table
    was written roughly in the order of its segments.
    """

    body: sql.Composable
    within: sql.Composable
    scanned: sql.Composable
    counted: sql.Composable | None = None
    key: sql.Composable
    lookup: sql.Composable
    grouping: sql.Composable | None
    chain: sql.Composable
    place: sql.Composable
    segment: sql.Composable
    blocks: bool
    stored: bool
    ordered: bool = False


def key_of(table: Table) -> sql.Composable:
    """A row's primary key as text, in the one order that all servers agree on."""
    return sql.SQL('({} COLLATE "C")').format(text_key(table.key))


def text_key(key: Sequence[str], of: str = "t") -> sql.Composable:
    """The columns of a key as one text."""
    parts = [text_form(name, Kind.OTHER, of) for name in key]
    return sql.SQL("{}" if len(parts) == 1 else "ARRAY[{}]::text").format(sql.SQL(", ").join(parts))


def id_in(key: str) -> str:
    """The id within the text of a key that holds an id and a chain."""
    text = key.removeprefix("{").removesuffix("}").rpartition(",")[0]
    if not text.startswith('"'):
        return text
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def cast(name: str | None, to: LiteralString) -> sql.Composable:
    """A column cast to another type, or NULL of that type if there is no column."""
    value = sql.SQL("NULL") if name is None else plain(name)
    return sql.SQL("{}::{}").format(value, sql.SQL(to))


def plain(name: str) -> sql.Composable:
    """A column as it is."""
    return sql.SQL("t.{}").format(sql.Identifier(name))


def rows_of(snapshot: Snapshot, table: Table) -> sql.Composable:
    """The FROM clause of a table, with its columns renamed to the names used here."""
    found = snapshot.table(table.name)
    if not table.stored:
        return found
    columns = sql.SQL(", ").join(
        sql.SQL("o.{} AS {}").format(sql.Identifier(table.own(column.name)), sql.Identifier(column.name))
        for column in table.columns
    )
    return sql.SQL("(SELECT o.ctid, {} FROM {} o)").format(columns, found)


def at_block(
    snapshot: Snapshot,
    table: Table,
    fields: Fields,
    *,
    heights: Mapping[int, int],
    foreign: Iterable[int],
    bits: int,
    aligned: bool = False,
) -> Relation:
    """The rows at or below the height of their chain, in segments of 2 to the power of `bits` blocks.

    `foreign` are chains that only the candidate has. Rows with no chain or an unknown one are kept and
    compared like any other.

    Checking the height of each row costs about as much as reading it. `aligned` segments are counted from
    the block above the height, so those from 0 upwards are dropped as a whole. It pays if few rows lie above
    the heights, as those are hashed too.
    """
    if fields.block is None or (not fields.chained and len(heights) != 1):
        raise ValueError("at a block needs a block, and a chain where there are several")
    chain = fields.chain_of(table)
    above = [
        # Hardly any row is above: the chain is checked only for those.
        _both(sql.SQL("{} > {}").format(plain(fields.block), sql.Literal(height)), is_chain(chain, number))
        for number, height in heights.items()
    ]
    others = _of_chains(chain, foreign)
    # A chain that has to be extracted from the key is checked only for rows above.
    aligned = aligned and (fields.chain is not None or len(set(heights.values())) == 1)
    segment = _segment_of(table, fields.block, bits, _first_above(chain, heights) if aligned else None)
    beyond = [
        _both(is_chain(chain, number), sql.SQL("{} >= 0").format(segment)) for number in sorted(heights)
    ]
    return Relation(
        body=rows_of(snapshot, table),
        within=_unless([*above, *others]),
        scanned=_unless(others if aligned else [*above, *others]),
        counted=_unless(beyond) if aligned else None,
        key=key_of(table),
        lookup=text_key(table.key),
        grouping=chain,
        chain=fields.chain_text(table),
        place=cast(fields.block, "int8"),
        segment=segment,
        blocks=True,
        stored=True,
        ordered=not table.stored,
    )


def _first_above(chain: sql.Composable | None, heights: Mapping[int, int]) -> sql.Composable:
    """The lowest block above the height of a row's chain; 0 for a chain without height."""
    firsts = {
        number: sql.SQL("{}::int8").format(sql.Literal(height + 1)) for number, height in heights.items()
    }
    if chain is None or len(set(heights.values())) == 1:
        return next(iter(firsts.values()))
    cases = [
        sql.SQL("WHEN {} THEN {}").format(sql.Literal(str(number)), first) for number, first in firsts.items()
    ]
    return sql.SQL("CASE {} {} ELSE 0 END").format(chain, sql.SQL(" ").join(cases))


def _segment_of(table: Table, block: str, bits: int, first: sql.Composable | None) -> sql.Composable:
    """The segment of a block, counted from the first block of segment 0.

    Omits the cast and the NULL check if the column needs neither.
    """
    column = table.column(block)
    small = column is not None and column.kind is Kind.INTEGER
    number = plain(block) if small and first is not None else cast(block, "int8")
    offset = number if first is None else sql.SQL("({} - {})").format(number, first)
    segment = sql.SQL("({} >> {})").format(offset, sql.Literal(bits))
    if column is not None and not column.nullable:
        return segment
    return sql.SQL("coalesce({}, {})").format(segment, sql.Literal(NOWHERE))


def by_timestamp(
    snapshot: Snapshot, table: Table, fields: Fields, *, until: Mapping[int, int], foreign: Iterable[int]
) -> Relation:
    """The rows not younger than the time (`until`) that both belts have passed on their chain.

    Rows without a chain are cut at the time that both have passed on every chain.
    """
    if fields.timestamp is None:
        raise ValueError("by timestamp needs a timestamp")
    seconds = seconds_of(table, fields.timestamp)
    late = sql.SQL("{} > {}").format(seconds, _second_of(fields.chain_of(table), until))
    segment = sql.SQL("coalesce({} / {}, {})").format(
        seconds, sql.Literal(SECONDS_PER_SEGMENT), sql.Literal(NOWHERE)
    )
    within = _unless([late, *_of_chains(fields.chain_of(table), foreign)])
    return Relation(
        body=rows_of(snapshot, table),
        within=within,
        scanned=within,
        key=key_of(table),
        lookup=text_key(table.key),
        grouping=fields.chain_of(table),
        chain=fields.chain_text(table),
        place=seconds,
        segment=segment,
        blocks=False,
        stored=True,
        ordered=not table.stored,
    )


def _second_of(chain: sql.Composable | None, until: Mapping[int, int]) -> sql.Composable:
    """The last second that counts for a row."""
    lowest = sql.Literal(min(until.values()))
    if chain is None or len(set(until.values())) == 1:
        return lowest
    cases = [
        sql.SQL("WHEN {} THEN {}").format(sql.Literal(str(number)), sql.Literal(second))
        for number, second in until.items()
    ]
    return sql.SQL("(CASE {} {} ELSE {} END)").format(chain, sql.SQL(" ").join(cases), lowest)


def seconds_of(table: Table, timestamp: str | None) -> sql.Composable:
    """A column of timestamps, or of seconds since 1970, as whole seconds; NULL if there is none."""
    column = table.column(timestamp) if timestamp else None
    if column is not None and column.kind is Kind.MOMENT:
        return sql.SQL("ceil(date_part('epoch', {}))::int8").format(plain(column.name))
    return cast(timestamp, "int8")


def whole(
    snapshot: Snapshot, table: Table, fields: Fields, *, foreign: Iterable[int], buckets: int
) -> Relation:
    """All rows as they are now, in segments by a hash of their key."""
    return in_buckets(rows_of(snapshot, table), table, fields, foreign=foreign, buckets=buckets, stored=True)


def in_buckets(
    body: sql.Composable, table: Table, fields: Fields, *, foreign: Iterable[int], buckets: int, stored: bool
) -> Relation:
    """Rows without an order, in `buckets` segments, a power of two."""
    key = key_of(table)
    within = _unless(_of_chains(fields.chain_of(table), foreign))
    return Relation(
        body=body,
        within=within,
        scanned=within,
        key=key,
        lookup=text_key(table.key),
        grouping=fields.chain_of(table),
        chain=fields.chain_text(table),
        place=cast(fields.block, "int8") if fields.block else seconds_of(table, fields.timestamp),
        blocks=fields.block is not None,
        segment=sql.SQL("hashtextextended({}, 0) & {}").format(key, sql.Literal(buckets - 1)),
        stored=stored,
    )


def is_chain(value: sql.Composable | None, chain: int) -> sql.Composable:
    """Compares with an untyped literal, which takes the column's type: chains are numbers or texts."""
    if value is None:
        return sql.SQL("true")
    return sql.SQL("{} = {}").format(value, sql.Literal(str(chain)))


def _of_chains(value: sql.Composable | None, chains: Iterable[int]) -> list[sql.Composable]:
    return [] if value is None else [is_chain(value, chain) for chain in chains]


def _both(one: sql.Composable, other: sql.Composable) -> sql.Composable:
    return sql.SQL("({} AND {})").format(one, other)


def _unless(conditions: Iterable[sql.Composable]) -> sql.Composable:
    """True unless a condition holds: NULL keeps a row."""
    return sql.SQL("({}) IS NOT TRUE").format(sql.SQL(" OR ").join([sql.SQL("false"), *conditions]))
