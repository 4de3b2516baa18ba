"""Joins the events that make the rows of an entity with all of its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from psycopg import sql

from gate.probes.database.catalog import Kind, Table
from gate.probes.database.hashing import text_form
from gate.probes.database.relation import Fields, is_chain, plain
from gate.probes.database.sound.keys import key_of, names_the_log
from gate.probes.database.sound.place import chain_text
from gate.probes.database.sound.received import Received
from gate.probes.database.sound.sources import Source
from gate.probes.database.transactions import ALL

WRONG_PLACE = (
    sql.SQL("r.chain <> m.chain::text"),
    sql.SQL("r.block < m.block"),
    sql.SQL("r.moment < to_timestamp(m.second)"),
)
"""The row of an event is of its chain, and never earlier than it; it may be written again later."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sides:
    """An entity and its sources. Events above the `progress` of their chain have no row yet.

    `those_events` and `those_rows` restrict the events `e` and rows `t`, by default to all.
    """

    received: Received
    table: Table
    fields: Fields
    sources: tuple[Source, ...]
    progress: Mapping[int, int]
    those_events: sql.Composable = field(default_factory=lambda: ALL)
    those_rows: sql.Composable = field(default_factory=lambda: ALL)

    @property
    def name(self) -> sql.Composable:
        """The id of a row as text. A key of several columns consists of the id and the chain."""
        name = "id" if "id" in self.table.key else self.table.key[0]
        column = self.table.column(name)
        kind = column.kind if column is not None else Kind.OTHER
        return plain(name) if kind is Kind.TEXT else text_form(name, kind)

    @property
    def chain(self) -> sql.Composable:
        """The chain of a row as text, or NULL."""
        return chain_text(self.table, self.fields)

    @property
    def block(self) -> sql.Composable:
        """The block of a row, or NULL."""
        return sql.SQL("NULL::int8") if self.fields.block is None else plain(self.fields.block)

    @property
    def timed(self) -> bool:
        """True if rows carry a timestamp that is not a number."""
        column = self.table.column(self.fields.timestamp) if self.fields.timestamp else None
        return column is not None and column.kind is Kind.MOMENT

    @property
    def moment(self) -> sql.Composable:
        """The time of a row, or NULL."""
        column = self.table.column(self.fields.timestamp or "")
        if column is None or not self.timed:
            return sql.SQL("NULL::timestamptz")
        zone = sql.SQL(" AT TIME ZONE 'UTC'" if column.type == "timestamp" else "")
        return sql.SQL("{}{}").format(plain(column.name), zone)

    @property
    def keyed_by_chain(self) -> bool:
        """True if an id alone is ambiguous, because rows of several chains may share it."""
        return len(self.table.key) > 1 and self.fields.chain in self.table.key

    @property
    def row_key(self) -> sql.Composable:
        """The join key of a row."""
        key = sql.SQL("lower({})").format(self.name)
        if not self.keyed_by_chain:
            return key
        return sql.SQL("({} || '/' || {})").format(self.chain, key)

    def event_key(self, row_id: str) -> sql.Composable:
        """The join key of an event."""
        key = key_of(row_id)
        return sql.SQL("(e.chain_id::text || '/' || {})").format(key) if self.keyed_by_chain else key

    @property
    def covers_all(self) -> bool:
        """True if the sources cover the rows of every chain."""
        everywhere = any(not source.chains for source in self.sources)
        return everywhere or self.progress.keys() <= self._spoken

    @property
    def covered(self) -> sql.Composable | None:
        """The rows of the chains that the sources cover, if not all."""
        if self.covers_all:
            return sql.SQL("true")
        chain = self.fields.chain_of(self.table)
        if chain is None:
            return None
        return sql.SQL("({})").format(
            sql.SQL(" OR ").join(is_chain(chain, number) for number in sorted(self._spoken))
        )

    @property
    def _spoken(self) -> set[int]:
        return {chain for source in self.sources for chain in source.chains}

    @property
    def reached(self) -> sql.Composable:
        """True if an event is at or below the progress."""
        cases = [
            sql.SQL("WHEN {} THEN {}").format(sql.Literal(chain), sql.Literal(block))
            for chain, block in sorted(self.progress.items())
        ]
        return sql.SQL("e.block_number <= CASE e.chain_id {} ELSE -1 END").format(sql.SQL(" ").join(cases))


@dataclass(frozen=True, kw_only=True, slots=True)
class Events:
    """The events of one source: all, those without an id, and those whose id no row has."""

    total: int
    keyless: int
    lost: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Joined:
    """The result of a join: rows, those without an event, and those that are not where their event is."""

    events: tuple[Events, ...]
    rows: int
    lost: int
    lost_rows: tuple[str, ...]
    placed: int
    misplaced: int
    misplaced_rows: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """One event without a row."""

    chain: int
    block: int
    log: int
    hashed: str
    key: str


async def joined(sides: Sides) -> Joined:
    """Joins both sides in one pass."""
    numbers = range(len(sides.sources))
    wrong = sql.SQL("m.placed AND m.chain = m.last AND ({})").format(sql.SQL(" OR ").join(WRONG_PLACE))
    counts = [
        sql.SQL(
            "coalesce(sum({0}), 0), coalesce(sum({0}) FILTER (WHERE m.key IS NULL), 0),"
            " coalesce(sum({0}) FILTER (WHERE m.key IS NOT NULL AND r.name IS NULL), 0)"
        ).format(sql.Identifier("m", f"s{number}"))
        for number in numbers
    ]
    query = sql.SQL(
        "WITH made AS ({made}), rows AS (SELECT {name} AS name, {key} AS key, {covered} AS covered,"
        " {chain} AS chain, {block} AS block, {moment} AS moment FROM {table} t WHERE {those_rows})"
        " SELECT count(*) FILTER (WHERE r.covered), {lost}, count(*) FILTER (WHERE m.placed AND r.name IS NOT"
        " NULL), {wrong}, {counts} FROM made m FULL JOIN rows r ON r.key = m.key"
    ).format(
        made=_made(sides),
        name=sides.name,
        key=sides.row_key,
        covered=sides.covered or sql.SQL("false"),
        chain=sides.chain,
        block=sides.block,
        moment=sides.moment,
        table=sides.received.snapshot.table(sides.table.name),
        those_rows=sides.those_rows,
        lost=_some(sql.SQL("r.covered AND m.placed IS NULL")),
        wrong=_some(wrong),
        counts=sql.SQL(", ").join(counts),
    )
    [
        [rows, lost, first_lost, last_lost, placed, misplaced, first, last, *numbers_]
    ] = await sides.received.snapshot.rows(query)
    of_sources = [int(number) for number in numbers_]
    return Joined(
        events=tuple(
            Events(total=of_sources[3 * n], keyless=of_sources[3 * n + 1], lost=of_sources[3 * n + 2])
            for n in numbers
        ),
        rows=rows,
        lost=lost,
        lost_rows=(first_lost, last_lost),
        placed=placed,
        misplaced=misplaced,
        misplaced_rows=(first, last),
    )


async def without_row(sides: Sides, source: Source, *, most: int) -> list[Lost]:
    """The first events of one source whose id no row has."""
    query = sql.SQL(
        "SELECT e.chain_id, e.block_number, e.log_index, lower(e.block_hash), {key} FROM {events} e"
        " WHERE {where} AND {live} AND {reached} AND {those_events} AND NOT EXISTS"
        " (SELECT 1 FROM {table} t WHERE {row_key} = {event_key}) ORDER BY 1, 2, 3 LIMIT {most}"
    ).format(
        key=key_of(source.row_id),
        events=sides.received.events,
        where=source.where(sides.received.events),
        live=sides.received.live(),
        reached=sides.reached,
        those_events=sides.those_events,
        table=sides.received.snapshot.table(sides.table.name),
        row_key=sides.row_key,
        event_key=sides.event_key(source.row_id),
        most=sql.Literal(most),
    )
    return [
        Lost(chain=int(chain), block=int(block), log=int(log), hashed=hashed, key=key)
        for chain, block, log, hashed, key in await sides.received.snapshot.rows(query)
    ]


def _made(sides: Sides) -> sql.Composed:
    """One row per id, with the number of events that each source has for it."""
    forms = dict.fromkeys(source.row_id for source in sides.sources)
    sums = [
        sql.SQL("count(*) FILTER (WHERE source = {}) AS {}").format(
            sql.Literal(number), sql.Identifier(f"s{number}")
        )
        for number in range(len(sides.sources))
    ]
    return sql.SQL(
        "SELECT key, min(chain) AS chain, max(chain) AS last, min(block) AS block, min(second) AS second,"
        " bool_or(placed) AS placed, {sums} FROM ({events}) AS events GROUP BY key"
    ).format(
        sums=sql.SQL(", ").join(sums),
        events=sql.SQL(" UNION ALL ").join(of_form(sides, row_id) for row_id in forms),
    )


def of_form(sides: Sides, row_id: str) -> sql.Composed:
    """The events of all sources with one form of id.

    An id that names its log also names its event, of whichever contract the belt indexes: the policy asks the
    chains about some events of an entity, which does not mean that there are no others.
    """
    sources = [(number, one) for number, one in enumerate(sides.sources) if one.row_id == row_id]
    placed = names_the_log(row_id)
    cases = [
        sql.SQL("WHEN {} THEN {}").format(source.where(sides.received.events), sql.Literal(number))
        for number, source in sources
    ]
    every = placed and any(not source.contract for _, source in sources)
    wheres = [source.where(sides.received.events) for _, source in sources]
    return sql.SQL(
        "SELECT {key} AS key, e.chain_id AS chain, e.block_number AS block, e.block_timestamp AS second,"
        " {placed}::bool AS placed, CASE WHEN NOT ({reached}) THEN -1 {cases} ELSE -1 END AS source"
        " FROM {events} e WHERE {live} AND {those_events} AND ({where})"
    ).format(
        key=sides.event_key(row_id),
        placed=sql.Literal(placed),
        reached=sides.reached,
        cases=sql.SQL(" ").join(cases),
        events=sides.received.events,
        live=sides.received.live(),
        those_events=sides.those_events,
        where=sql.SQL("true") if every else sql.SQL(" OR ").join(wheres),
    )


def _some(condition: sql.Composable) -> sql.Composed:
    """How many rows meet a condition, and the first and the last of them."""
    return sql.SQL(
        "count(*) FILTER (WHERE {0}), min(r.name) FILTER (WHERE {0}), max(r.name) FILTER (WHERE {0})"
    ).format(condition)
