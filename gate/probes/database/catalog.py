"""What tables a belt has, as its own database describes them."""

from dataclasses import dataclass
from enum import Enum, auto

from belts.envio.release import OF_ALPHA, Storage, is_internal
from gate.probes.database.session import Snapshot

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

    `secured` says that row security decides which of its rows whoever asks is shown.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    estimate: int
    secured: bool = False

    def column(self, name: str) -> Column | None:
        """The column of that very name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalog:
    """All tables of a belt."""

    tables: tuple[Table, ...]
    storage: Storage = OF_ALPHA

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

    def history(self, entity: str) -> Table | None:
        """The history of an entity. Envio cuts a name that is too long for Postgres and adds a number."""
        name = self.storage.history.of(entity)
        if len(name) <= LONGEST_NAME:
            return self.table(name)
        found = [
            t
            for t in self.tables
            if len(t.name) == LONGEST_NAME and name.startswith(t.name.rstrip("0123456789"))
        ]
        return found[0] if len(found) == 1 else None


async def read(snapshot: Snapshot) -> Catalog:
    """The tables of a snapshot."""
    rows = await snapshot.rows(
        "SELECT c.relname, c.reltuples::bigint, a.attname, t.typname, NOT a.attnotnull,"
        " coalesce(array_position(i.indkey::int2[], a.attnum), -1), row_security_active(c.oid)"
        " FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " JOIN pg_type t ON t.oid = a.atttypid"
        " LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary"
        " WHERE n.nspname = %s AND c.relkind IN ('r', 'p') ORDER BY 1, a.attnum",
        (snapshot.schema,),
    )
    names = dict.fromkeys(str(row[0]) for row in rows)
    return Catalog(
        tables=tuple(_table(name, [row for row in rows if row[0] == name]) for name in names),
        storage=snapshot.storage,
    )


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
