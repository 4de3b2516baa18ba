"""The tables of a belt, as its own database describes them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

from psycopg import sql

from belts.envio.release import OF_ALPHA, Storage, is_internal
from gate.probes.database.session import Snapshot

ID = "id"
"""Envio's name for the key of an entity."""
LONGEST_NAME = 63


class Kind(Enum):
    """The kinds of column values, as far as comparing needs them."""

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
        """The kind as which two columns of different types are compared: number if both are, else text."""
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
    """One column of a table. A type that is not listed here is compared as its text."""

    name: str
    type: str
    nullable: bool

    @property
    def kind(self) -> Kind:
        """The kind of its values."""
        return KINDS.get(self.type, Kind.OTHER)


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One table. `estimate` is the row count in the server's statistics, -1 if it was never counted.

    `secured` means that row security decides which rows a reader sees. `stored` maps the column names used
    here to those in the database, where they differ.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    estimate: int
    secured: bool = False
    stored: tuple[tuple[str, str], ...] = ()

    def column(self, name: str) -> Column | None:
        """The column with exactly this name."""
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
        """The column's name in the database."""
        return dict(self.stored).get(name, name)

    @property
    def parts(self) -> "Parts | None":
        """The key as row id, plus the chain if Envio keys the entity by chain."""
        if len(self.key) == 1:
            return Parts(id=self.key[0])
        return Parts(id=ID, chain=self.key[1]) if len(self.key) == 2 and self.key[0] == ID else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """The columns of a key. Rows of several chains may share an id if `chain` is set."""

    id: str
    chain: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """The history of one entity: its table, the key of its rows, and the columns that name them.

    `named` is a part of the key if rows are compared with a belt that keys them by fewer columns.
    `chain` is the key column whose chain orders the checkpoints; None if all chains share one order.
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
        """The column with exactly this name."""
        return self.table.column(name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalog:
    """All tables of a belt. `ordered` means that the checkpoints of all chains share one order."""

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
        """The table with exactly this name."""
        return next((table for table in self.tables if table.name == name), None)

    def kept(self, entity: str, named: tuple[str, ...] | None = None) -> Kept | None:
        """The history of an entity, with the column names under which its rows are compared."""
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
        """Why a history cannot yield a state; empty if it can."""
        names = self.storage.history
        wanted = (*kept.key, names.checkpoint, names.change)
        if not kept.key or any(kept.column(name) is None for name in wanted):
            return f"{kept.name} has no checkpoint, no change or not the key of its rows"
        return ""

    def disordered(self, kept: Kept) -> bool:
        """True if the checkpoint of a history row is ambiguous, because each chain counts its own."""
        return not self.ordered and kept.chain is None

    def history(self, entity: str) -> Table | None:
        """The history table of an entity.

        Envio truncates a name that is too long for Postgres and appends a number.
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
    """The key columns that match rows of two belts; empty if there are none.

    One release keys by chain and id what another keys by id alone: then it is the id. If rows of two chains
    share an id, it shows, because the chain is compared like any other column.
    """
    if one.key == other.key:
        return one.key
    parts = one.parts, other.parts
    if None in parts or len({part.id for part in parts if part is not None}) != 1:
        return ()
    narrow = min(one.key, other.key, key=len)
    return narrow if len(narrow) == 1 and len(one.key) != len(other.key) else ()


def unspelt(name: str) -> str:
    """A name without the underscores and case in which releases differ."""
    return name.replace("_", "").lower()


def spelt_alike(one: Catalog, other: Catalog) -> Catalog:
    """The other belt's tables, with entity columns renamed to their names in the first belt.

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
    """Maps columns that differ only in spelling, if the name is unambiguous."""
    own = Counter(unspelt(column.name) for column in table.columns)
    others = Counter(unspelt(column.name) for column in theirs.columns)
    found = {}
    for column in theirs.columns:
        name = unspelt(column.name)
        if table.column(column.name) is None and own[name] == others[name] == 1:
            found[column.name] = next(one.name for one in table.columns if unspelt(one.name) == name)
    return found


async def read(snapshot: Snapshot) -> Catalog:
    """Reads the tables of a snapshot; partitions are skipped, their rows belong to the whole table."""
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
    """True if a checkpoint number is unambiguous; a single chain has only one order."""
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
