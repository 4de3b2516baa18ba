"""What tables a belt has, as its own database describes them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

from psycopg import sql

from belts.envio.release import OF_ALPHA, Storage, is_internal
from gate.probes.database.session import Snapshot

ID = "id"
"""What Envio calls the key of an entity."""
LONGEST_NAME = 63


class Kind(Enum):
    """What a column's values are, as far as comparing them goes."""

    INTEGER = auto()  # fits into 32 bits
    BOOLEAN = auto()
    LONG = auto()
    NUMBER = auto()
    FLOAT = auto()
    TEXT = auto()
    JSON = auto()
    MOMENT = auto()
    OTHER = auto()

    def common(self, other: "Kind") -> "Kind":
        """As what two columns of different types are compared: as numbers if both are, else as text."""
        if self is other:
            return self
        return Kind.NUMBER if {self, other} <= {Kind.INTEGER, Kind.LONG, Kind.NUMBER} else Kind.OTHER


NUMBERS = frozenset({Kind.INTEGER, Kind.LONG, Kind.NUMBER})

KINDS = {
    "int2": Kind.INTEGER,
    "int4": Kind.INTEGER,
    "int8": Kind.LONG,
    "numeric": Kind.NUMBER,
    "money": Kind.NUMBER,
    "bool": Kind.BOOLEAN,
    "float4": Kind.FLOAT,
    "float8": Kind.FLOAT,
    "text": Kind.TEXT,
    "varchar": Kind.TEXT,
    "json": Kind.JSON,
    "jsonb": Kind.JSON,
    "timestamptz": Kind.MOMENT,
    "timestamp": Kind.MOMENT,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column of a table. Every type that is not known here is compared as its text."""

    name: str
    type: str
    nullable: bool

    @property
    def kind(self) -> Kind:
        """What its values are."""
        return KINDS.get(self.type, Kind.OTHER)


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One table. `estimate` is how many rows the server's own statistics believe in, -1 for never counted.

    `secured` says that row security decides which of its rows whoever asks is shown. `stored` are, by the
    names that the columns have here, those that they have in the database, where these are others.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    estimate: int
    secured: bool = False
    stored: tuple[tuple[str, str], ...] = ()

    def column(self, name: str) -> Column | None:
        """The column of that very name."""
        return next((column for column in self.columns if column.name == name), None)

    def spelt(self, names: Mapping[str, str]) -> "Table":
        """The same table, with some columns under other names."""
        return replace(
            self,
            columns=tuple(replace(one, name=names.get(one.name, one.name)) for one in self.columns),
            key=tuple(names.get(name, name) for name in self.key),
            stored=tuple((new, old) for old, new in names.items() if self.column(old) is not None),
        )

    def own(self, name: str) -> str:
        """What the database calls a column."""
        return dict(self.stored).get(name, name)

    @property
    def parts(self) -> "Parts | None":
        """The key as the id of a row, and the chain where Envio keeps the entity by chain."""
        if len(self.key) == 1:
            return Parts(id=self.key[0])
        return Parts(id=ID, chain=self.key[1]) if len(self.key) == 2 and self.key[0] == ID else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """The columns of a key. Rows of several chains may share an id where `chain` is one of them."""

    id: str
    chain: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """The history of one entity: its table, the key of the rows it tells of, and by what it names them.

    `named` is a part of the key, where rows are compared with a belt that keeps them by fewer columns.
    `chain` is the column of the key that says in the order of which chain its checkpoints stand; None where
    all chains have one order.
    """

    table: Table
    key: tuple[str, ...]
    named: tuple[str, ...]
    chain: str | None = None

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    def column(self, name: str) -> Column | None:
        """The column of that very name."""
        return self.table.column(name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalog:
    """All tables of a belt. `ordered` says that the checkpoints of all chains stand in one order."""

    tables: tuple[Table, ...]
    storage: Storage = OF_ALPHA
    ordered: bool = True

    @property
    def checkpoints(self) -> Table | None:
        """The table of blocks that can still be undone."""
        return self.table(self.storage.checkpoints)

    @property
    def raw_events(self) -> Table | None:
        """The table of events as they were received."""
        return self.table(self.storage.raw_events)

    @property
    def registry(self) -> Table | None:
        """The table of contracts that were found while indexing."""
        return self.table(self.storage.registry.table)

    @property
    def entities(self) -> tuple[Table, ...]:
        """The tables that the belt's own schema declares, by name."""
        return tuple(table for table in self.tables if not is_internal(table.name))

    def table(self, name: str) -> Table | None:
        """The table of that very name."""
        return next((table for table in self.tables if table.name == name), None)

    def kept(self, entity: str, named: tuple[str, ...] | None = None) -> Kept | None:
        """The history of an entity, by the names under which its rows are compared."""
        table, found = self.table(entity), self.history(entity)
        if table is None or found is None:
            return None
        registry = self.storage.registry
        of_chain = table.parts.chain if table.parts is not None else None
        # The ids of registered contracts begin with their chain.
        chain = registry.chain if entity == registry.table else of_chain
        by_chain = None if self.ordered else chain
        return Kept(table=found, key=table.key, named=named or table.key, chain=by_chain)

    def torn(self, kept: Kept) -> str:
        """Why a history tells no state; empty where it does."""
        names = self.storage.history
        wanted = (*kept.key, names.checkpoint, names.change)
        if not kept.key or any(kept.column(name) is None for name in wanted):
            return f"{kept.name} has no checkpoint, no change or not the key of its rows"
        return ""

    def disordered(self, kept: Kept) -> bool:
        """Whether nobody can say which checkpoint a row of a history means: each chain counts its own."""
        return not self.ordered and kept.chain is None

    def history(self, entity: str) -> Table | None:
        """The table of an entity's history. Envio cuts a name that is too long for Postgres, and adds a
        number.
        """
        name = self.storage.history.of(entity)
        if len(name) <= LONGEST_NAME:
            return self.table(name)
        found = [
            t
            for t in self.tables
            if len(t.name) == LONGEST_NAME and name.startswith(t.name.rstrip("0123456789"))
        ]
        return found[0] if len(found) == 1 else None


def matched(one: Table, other: Table) -> tuple[str, ...]:
    """The columns by which two belts' rows of an entity are told apart; none where there are no such ones.

    One release keeps by chain what another keeps by its id alone: then it is the id. Rows of two chains that
    share one show, as the chain is compared as any other column.
    """
    if one.key == other.key:
        return one.key
    parts = one.parts, other.parts
    if None in parts or len({part.id for part in parts if part is not None}) != 1:
        return ()
    narrow = min(one.key, other.key, key=len)
    return narrow if len(narrow) == 1 and len(one.key) != len(other.key) else ()


def unspelt(name: str) -> str:
    """A name without what one release spells otherwise than another."""
    return name.replace("_", "").lower()


def spelt_alike(one: Catalog, other: Catalog) -> Catalog:
    """The other belt's tables, with the columns of entities under the names that they have in the first.

    One release spells columns in snake case. GraphQL keeps their names, so consumers see no difference.
    """
    tables = {table.name: table for table in other.tables}
    for table in one.entities:
        theirs, kept = other.table(table.name), other.history(table.name)
        names = _otherwise(table, theirs) if theirs is not None else {}
        for found in (theirs, kept):
            if names and found is not None:
                tables[found.name] = found.spelt(names)
    return replace(other, tables=tuple(tables.values()))


def _otherwise(table: Table, theirs: Table) -> dict[str, str]:
    """The columns that are called the same in another spelling, where nothing else is called so."""
    own = Counter(unspelt(column.name) for column in table.columns)
    others = Counter(unspelt(column.name) for column in theirs.columns)
    found = {}
    for column in theirs.columns:
        name = unspelt(column.name)
        if table.column(column.name) is None and own[name] == others[name] == 1:
            found[column.name] = next(one.name for one in table.columns if unspelt(one.name) == name)
    return found


async def read(snapshot: Snapshot) -> Catalog:
    """The tables of a snapshot; a partition is none, its rows are those of the whole table."""
    rows = await snapshot.rows(
        "SELECT c.relname, CASE c.relkind WHEN 'p' THEN (SELECT coalesce(sum(greatest(k.reltuples, 0)), -1)"
        " FROM pg_partition_tree(c.oid) p JOIN pg_class k ON k.oid = p.relid WHERE p.isleaf)"
        " ELSE c.reltuples END::bigint, a.attname, t.typname, NOT a.attnotnull,"
        " coalesce(array_position(i.indkey::int2[], a.attnum), -1), row_security_active(c.oid)"
        " FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " JOIN pg_type t ON t.oid = a.atttypid"
        " LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary"
        " WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1, a.attnum",
        (snapshot.schema,),
    )
    names = dict.fromkeys(str(row[0]) for row in rows)
    found = Catalog(
        tables=tuple(_table(name, [row for row in rows if row[0] == name]) for name in names),
        storage=snapshot.storage,
    )
    return replace(found, ordered=await _ordered(snapshot, found.checkpoints))


async def _ordered(snapshot: Snapshot, checkpoints: Table | None) -> bool:
    """Whether one number names one checkpoint; of a single chain there is only one order."""
    if checkpoints is None or checkpoints.key == (ID,):
        return True
    query = sql.SQL("SELECT count(DISTINCT chain_id) FROM {}").format(snapshot.checkpoints)
    [[chains]] = await snapshot.rows(query)
    return int(chains) <= 1


def _table(name: str, rows: list[tuple[str, int, str, str, bool, int, bool]]) -> Table:
    key = sorted((position, column) for _, _, column, _, _, position, _ in rows if position >= 0)
    return Table(
        name=name,
        columns=tuple(
            Column(name=column, type=kind, nullable=nullable) for _, _, column, kind, nullable, *_ in rows
        ),
        key=tuple(column for _, column in key),
        estimate=rows[0][1],
        secured=rows[0][6],
    )
