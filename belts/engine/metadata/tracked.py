"""What is tracked, how it is related, and who may read it: Hasura's metadata, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from belts.engine.postgres.catalog import TableName

Json = Any


class Shape(StrEnum):
    """How many rows a relationship leads to."""

    OBJECT = "object"
    ARRAY = "array"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manual:
    """A relationship that names its columns itself."""

    remote: TableName
    mapping: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ByForeignKey:
    """A relationship over a foreign key: of this table, or (`remote` given) of the other one."""

    columns: tuple[str, ...]
    remote: TableName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """A named way from one table's row to another's."""

    name: str
    shape: Shape
    using: Manual | ByForeignKey
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectPermission:
    """What one role may read of one table; `columns` None means all of them."""

    role: str
    columns: tuple[str, ...] | None
    filter: Json = field(default_factory=dict)
    limit: int | None = None
    allow_aggregations: bool = False
    query_root_fields: tuple[str, ...] | None = None
    subscription_root_fields: tuple[str, ...] | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A tracked table with all its settings."""

    name: TableName
    custom_name: str | None = None
    root_fields: Mapping[str, str] = field(default_factory=dict)
    column_names: Mapping[str, str] = field(default_factory=dict)
    comment: str | None = None
    relationships: Mapping[str, Relationship] = field(default_factory=dict)
    permissions: Mapping[str, SelectPermission] = field(default_factory=dict)

    @property
    def graphql_name(self) -> str:
        """The stem of every type and root field of the table."""
        if self.custom_name is not None:
            return self.custom_name
        schema, name = self.name
        return name if schema == "public" else f"{schema}_{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """The whole metadata of the one source."""

    tables: Mapping[TableName, Table] = field(default_factory=dict)

    def with_table(self, table: Table) -> "Metadata":
        """The same metadata with this table added or changed."""
        return replace(self, tables={**self.tables, table.name: table})

    def without_table(self, name: TableName) -> "Metadata":
        """The same metadata with this table gone."""
        return replace(self, tables={key: table for key, table in self.tables.items() if key != name})

    def roles(self) -> frozenset[str]:
        """Every role that may read something."""
        return frozenset(role for table in self.tables.values() for role in table.permissions)
