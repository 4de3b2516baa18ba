"""Draws the rows to ask about, and reads what the database holds of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from psycopg import sql

from gate.probes.database.session import Snapshot
from gate.probes.database.transactions import written_since
from gate.probes.served import table
from gate.probes.served.constructs.sample import Entry, Key, Place, Sample, known_by
from gate.probes.served.shape import Scalar, Shape, Way
from gate.probes.served.table import TEXTS, Selection, Span

SPANS = 3
ARGUMENTS = 90
"""Arguments of one function call: Postgres accepts a hundred."""
REACHED = 6
"""Rows that a relationship to many is tested with."""
TYPES = (
    "SELECT t.typname, t.typtype = 'e' OR e.typtype = 'e' FROM pg_type t"
    " LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typlen = -1"
    " AND t.typsubscript = 'array_subscript_handler'::regproc"
    " WHERE coalesce(e.typtype, t.typtype) = 'e' OR t.typname IN ('varchar', '_varchar') OR EXISTS ("
    " SELECT FROM pg_opclass o JOIN pg_am a ON a.oid = o.opcmethod"
    " WHERE a.amname = 'btree' AND o.opcdefault AND o.opcintype = coalesce(e.oid, t.oid))"
)
"""The types that Postgres can order, and whether they are enums."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Types:
    """Column types by name."""

    ordered: frozenset[str]
    enums: frozenset[str]


async def types(snapshot: Snapshot) -> Types:
    """The types of a database."""
    found = [(str(name), bool(enum)) for name, enum in await snapshot.rows(TYPES)]
    return Types(
        ordered=frozenset(name for name, _ in found), enums=frozenset(name for name, enum in found if enum)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """The keys of some rows as text, and of the rows that their relationships to many lead to."""

    selection: Selection
    places: tuple[Place, ...]
    ordered: frozenset[str]
    keys: tuple[Key, ...]
    reached: tuple[tuple[Way, tuple[Key, ...]], ...] = ()
    floor: int | None = None
    """The first transaction that may have written rows since the looks began; None if unknown."""

    @property
    def shape(self) -> Shape:
        """The entity."""
        return self.selection.shape

    async def read(self, snapshot: Snapshot) -> Sample:
        """What the database holds of them now."""
        where = _among(self.shape.key, self.keys)
        ranked = [place for place in self.places if place.scalar.column.type in self.ordered]
        rows = await table.read_where(snapshot, self.selection, where)
        values = await snapshot.rows(
            sql.SQL("SELECT ARRAY[{}]::text[], ARRAY[{}]::bigint[] FROM {} t WHERE {} ORDER BY {}").format(
                sql.SQL(", ").join(
                    sql.SQL("{}::text").format(_value(snapshot, place)) for place in self.places
                ),
                sql.SQL(", ").join(
                    sql.SQL("dense_rank() OVER (ORDER BY {})").format(_value(snapshot, place))
                    for place in ranked
                ),
                snapshot.table(self.shape.table.name),
                where,
                table.order_of(self.shape),
            )
        )
        entries = [
            Entry(
                row=row,
                texts=dict(zip((place.name for place in self.places), texts, strict=True)),
                ranks=dict(zip((place.name for place in ranked), ranks, strict=True)),
            )
            for row, (texts, ranks) in zip(rows, values, strict=True)
        ]
        for way, keys in self.reached:
            entries = await self._reaching(snapshot, entries, way, keys)
        return Sample(
            shape=self.shape,
            entries=tuple(entries),
            places=self.places,
            ranked={
                name: {entry.texts[name]: entry.ranks[name] for entry in entries}
                for name in (place.name for place in ranked)
            },
        )

    async def unwritten(self, snapshot: Snapshot, since: int) -> bool:
        """True if neither these rows nor those they lead to were written since a transaction."""
        among, mine = _among(self.shape.key, self.keys), snapshot.table(self.shape.table.name)
        queries = [
            sql.SQL("SELECT FROM {} t WHERE {} AND {}").format(mine, among, written_since(since)),
            *(
                sql.SQL("SELECT FROM {} t JOIN {} o ON {} WHERE {} AND {}").format(
                    mine, snapshot.table(way.remote.name), _joined(way), among, written_since(since, "o")
                )
                for way in self.selection.ways
            ),
            *(
                sql.SQL("SELECT FROM {} o WHERE {} AND {}").format(
                    snapshot.table(way.remote.name),
                    _among(way.key, keys, "o"),
                    written_since(since, "o"),
                )
                for way, keys in self.reached
            ),
        ]
        parts = (sql.SQL("EXISTS ({})").format(query) for query in queries)
        [[written]] = await snapshot.rows(sql.SQL("SELECT {}").format(sql.SQL(" OR ").join(parts)))
        return not written

    async def _reaching(
        self, snapshot: Snapshot, entries: Sequence[Entry], way: Way, keys: tuple[Key, ...]
    ) -> list[Entry]:
        """Adds to the rows some of those that a relationship leads to from each of them."""
        found: dict[Key, list[dict[str, Any]]] = {}
        query = sql.SQL("SELECT ARRAY[{}]::text[], {} FROM {} t JOIN {} o ON {} WHERE {} AND {} ORDER BY {}")
        main = [scalar for scalar in way.key if scalar.column.name == "id"] or list(way.key[:1])
        for key, value in await snapshot.rows(
            query.format(
                _texts(self.shape.key, "t"),
                sql.SQL("json_build_object({})").format(
                    sql.SQL(", ").join(
                        sql.SQL("{}, {}").format(sql.Literal(scalar.field), _column(scalar, "o"))
                        for scalar in way.key
                    )
                ),
                snapshot.table(self.shape.table.name),
                snapshot.table(way.remote.name),
                _joined(way),
                _among(self.shape.key, self.keys),
                _among(way.key, keys, "o"),
                sql.SQL(", ").join(
                    _column(scalar, "o") for scalar in (*main, *(one for one in way.key if one not in main))
                ),
            )
        ):
            found.setdefault(tuple(key), []).append(value)
        return [
            replace(entry, reached={**entry.reached, way.field: found.get(known_by(entry, self.shape), [])})
            for entry in entries
        ]


async def draw(
    snapshot: Snapshot,
    selection: Selection,
    *,
    spans: Sequence[Span],
    places: Sequence[Place],
    ordered: frozenset[str],
    ways: Sequence[Way],
    most: int,
    salt: str,
    without: Collection[Key] = (),
) -> Drawn:
    """At most `most` rows of the first, the last and some other spans; `salt` decides their choice."""
    shape, found = selection.shape, list[Key]()
    chosen = [*spans[:: max(1, -(-len(spans) // (SPANS - 1)))][: SPANS - 1], *spans[-1:]]
    chosen = list(dict.fromkeys(chosen))
    for span in chosen:
        found += await _keys(snapshot, shape, span, salt=salt, most=-(-most // len(chosen)), without=without)
    drawn = Drawn(
        selection=replace(selection, ways=tuple(way for way in shape.ways if not way.many)),
        places=tuple(places),
        ordered=ordered,
        keys=tuple(dict.fromkeys(found))[:most],
    )
    if not drawn.keys:
        return drawn
    reached = [(way, await _reached(snapshot, drawn, way)) for way in ways if _plain(way)]
    return replace(drawn, reached=tuple((way, keys) for way, keys in reached if keys))


async def _keys(
    snapshot: Snapshot, shape: Shape, span: Span, *, salt: str, most: int, without: Collection[Key]
) -> list[Key]:
    """The keys of some rows of a span: those with the most NULL columns, and random ones."""
    optional = [_column(one, "t") for one in shape.scalars if one.column.nullable]
    parts = [optional[begin : begin + ARGUMENTS] for begin in range(0, len(optional), ARGUMENTS)]
    counts = [sql.SQL("num_nulls({})").format(sql.SQL(", ").join(part)) for part in parts]
    empty = sql.SQL(" + ").join(counts) if counts else sql.SQL("0")
    mixed = sql.SQL("md5({}::text || {})").format(_column(shape.main, "t"), sql.Literal(salt))
    query = sql.SQL(
        "SELECT DISTINCT k FROM (SELECT ARRAY[{keys}] AS k,"
        " row_number() OVER (ORDER BY {empty} DESC, {mixed}) AS n, row_number() OVER (ORDER BY {mixed}) AS m"
        " FROM {table} t WHERE {within} AND {others}) AS r WHERE n <= {some} OR m <= {drawn} ORDER BY k"
    ).format(
        keys=_texts(shape.key, "t"),
        empty=empty,
        mixed=mixed,
        table=snapshot.table(shape.table.name),
        within=table.within(shape, span),
        others=_others(shape, without),
        some=sql.Literal(most // 3),
        drawn=sql.Literal(most - most // 3),
    )
    return [tuple(key) for (key,) in await snapshot.rows(query)]


def _others(shape: Shape, keys: Collection[Key]) -> sql.Composable:
    """True for rows other than the given ones."""
    among = _among(shape.key, sorted(keys))
    return sql.SQL("NOT ({})").format(among) if keys else sql.SQL("true")


async def _reached(snapshot: Snapshot, drawn: Drawn, way: Way) -> tuple[Key, ...]:
    """The keys of a few rows that a relationship leads to."""
    query = sql.SQL(
        "SELECT DISTINCT ARRAY[{keys}] FROM {table} t JOIN LATERAL"
        " (SELECT * FROM {remote} o WHERE {joined} LIMIT 2) o ON true WHERE {among} LIMIT {most}"
    ).format(
        keys=_texts(way.key, "o"),
        table=snapshot.table(drawn.shape.table.name),
        remote=snapshot.table(way.remote.name),
        joined=_joined(way),
        among=_among(drawn.shape.key, drawn.keys),
        most=sql.Literal(min(REACHED, drawn.selection.related)),
    )
    return tuple(tuple(key) for (key,) in await snapshot.rows(query))


def _plain(way: Way) -> bool:
    """True if the keys there have only one text form."""
    return all(scalar.column.type not in TEXTS for scalar in way.key)


def _value(snapshot: Snapshot, place: Place) -> sql.Composed:
    """The value at a place of the row `t`."""
    if place.way is None:
        return _column(place.scalar, "t")
    return sql.SQL("(SELECT {} FROM {} o WHERE {} LIMIT 1)").format(
        _column(place.scalar, "o"), snapshot.table(place.way.remote.name), _joined(place.way)
    )


def _joined(way: Way) -> sql.Composed:
    return sql.SQL(" AND ").join(
        sql.SQL("o.{} = t.{}").format(sql.Identifier(theirs), sql.Identifier(ours))
        for ours, theirs in way.pairs
    )


def _texts(key: Sequence[Scalar], of: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("{}::text").format(_column(scalar, of)) for scalar in key)


def _among(key: Sequence[Scalar], keys: Sequence[Key], of: str = "t") -> sql.Composed:
    """True for the given rows; an untyped literal takes its column's type."""
    return sql.SQL("({}) IN ({})").format(
        sql.SQL(", ").join(_column(scalar, of) for scalar in key),
        sql.SQL(", ").join(sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, one))) for one in keys),
    )


def _column(scalar: Scalar, of: str) -> sql.Composed:
    return sql.SQL("{}.{}").format(sql.Identifier(of), sql.Identifier(scalar.column.name))
