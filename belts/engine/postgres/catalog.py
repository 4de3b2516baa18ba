"""What Postgres contains: relations, their columns and types, primary and foreign keys. Frozen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from belts.engine.postgres.types import PgType


class TableName(NamedTuple):
    """The schema and name of a table, written as in metadata and in messages."""

    schema: str
    name: str

    def __str__(self) -> str:
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a relation."""

    name: str
    type: PgType
    not_null: bool = False
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """`columns` of the owning table refer to `remote_columns` of `remote`."""

    columns: tuple[str, ...]
    remote: TableName
    remote_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table or a view."""

    name: TableName
    columns: Mapping[str, Column]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Every relation that could be tracked."""

    relations: Mapping[TableName, Relation]


EMPTY = Catalog(relations=MappingProxyType({}))

_OURS = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'"

COLUMNS = f"""
SELECT n.nspname AS schema, c.relname AS table, obj_description(c.oid, 'pg_class') AS table_comment,
       a.attname AS column, a.attnotnull AS not_null, a.atttypid AS type,
       col_description(c.oid, a.attnum) AS comment
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND {_OURS}
ORDER BY c.oid, a.attnum
"""

TYPES = """
SELECT t.oid, n.nspname AS schema, t.typname AS name, t.typtype::text AS kind, t.typbasetype AS base,
       CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END AS element
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
"""

KEYS = f"""
SELECT n.nspname AS schema, c.relname AS table, k.contype::text AS kind,
       rn.nspname AS remote_schema, r.relname AS remote_table,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(num, pos)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num ORDER BY u.pos) AS columns,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(num, pos)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num ORDER BY u.pos)
         AS remote_columns
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class r ON r.oid = k.confrelid
LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
WHERE k.contype IN ('p', 'f') AND {_OURS}
ORDER BY k.oid
"""

Row = Any
"""A row of one of these queries, accessed by column names."""


def read(*, columns: Sequence[Row], types: Sequence[Row], keys: Sequence[Row]) -> Catalog:
    """The catalogue, from the rows of its three queries."""
    by_oid = {row["oid"]: row for row in types}
    parts: dict[TableName, dict[str, Column]] = {}
    comments: dict[TableName, str | None] = {}
    for row in columns:
        name = TableName(row["schema"], row["table"])
        comments[name] = row["table_comment"]
        found = parts.setdefault(name, {})
        if row["column"] is not None:
            found[row["column"]] = Column(
                name=row["column"],
                type=_type_of(by_oid, row["type"]),
                not_null=row["not_null"],
                comment=row["comment"],
            )
    primary = {
        TableName(row["schema"], row["table"]): tuple(row["columns"]) for row in keys if row["kind"] == "p"
    }
    foreign: dict[TableName, list[ForeignKey]] = {}
    for row in keys:
        if row["kind"] == "f":
            foreign.setdefault(TableName(row["schema"], row["table"]), []).append(
                ForeignKey(
                    columns=tuple(row["columns"]),
                    remote=TableName(row["remote_schema"], row["remote_table"]),
                    remote_columns=tuple(row["remote_columns"]),
                )
            )
    return Catalog(
        relations=MappingProxyType(
            {
                name: Relation(
                    name=name,
                    columns=MappingProxyType(found),
                    primary_key=primary.get(name, ()),
                    foreign_keys=tuple(foreign.get(name, ())),
                    comment=comments[name],
                )
                for name, found in parts.items()
            }
        )
    )


def _type_of(by_oid: Mapping[int, Row], oid: int) -> PgType:
    """Treats a domain as its base type, and an array of a domain likewise."""
    row = by_oid[oid]
    while row["kind"] == "d":
        row = by_oid[row["base"]]
    array = bool(row["element"])
    if array:
        row = by_oid[row["element"]]
        while row["kind"] == "d":
            row = by_oid[row["base"]]
    return PgType(schema=row["schema"], name=row["name"], array=array, enum=row["kind"] == "e")
