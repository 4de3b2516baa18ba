"""What one role sees: the tracked tables, columns, relationships and root fields it may use. Frozen."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from belts.engine.metadata.tracked import Json, Shape
from belts.engine.postgres.catalog import Column, TableName

NUMERIC_AGGREGATES = (
    "avg",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "var_pop",
    "var_samp",
    "variance",
)
COMPARABLE_AGGREGATES = ("max", "min")
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*\Z")


def is_graphql_name(text: str) -> bool:
    """Whether it is a valid GraphQL name; those with two leading underscores are reserved."""
    return _NAME.match(text) is not None and not text.startswith("__")


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """A relationship to another table; `mapping` pairs this table's columns with the other's."""

    name: str
    shape: Shape
    remote: TableName
    mapping: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as one role sees it: its columns and relationships by their GraphQL names."""

    name: TableName
    graphql: str
    columns: Mapping[str, Column]
    relationships: Mapping[str, Relationship]
    primary_key: tuple[str, ...]
    filter: Json = field(default_factory=dict)
    limit: int | None = None
    aggregates: bool = True
    comment: str | None = None

    @property
    def numeric(self) -> dict[str, Column]:
        """The columns that have sums."""
        return {name: column for name, column in self.columns.items() if column.type.numeric}

    @property
    def comparable(self) -> dict[str, Column]:
        """The columns that have a maximum."""
        return {name: column for name, column in self.columns.items() if column.type.comparable}


def key_arguments(table: Table) -> dict[str, Column]:
    """The arguments of `T_by_pk`: the key's columns under their GraphQL names."""
    return {name: column for name, column in table.columns.items() if column.name in table.primary_key}


def aggregates_of(table: Table) -> dict[str, dict[str, Column]]:
    """The aggregate functions that a table has, each with its columns."""
    found: dict[str, dict[str, Column]] = {}
    if table.numeric:
        found |= dict.fromkeys(NUMERIC_AGGREGATES, table.numeric)
    if table.comparable:
        found |= dict.fromkeys(COMPARABLE_AGGREGATES, table.comparable)
    return found


class RootKind(StrEnum):
    """What a root field does."""

    SELECT = "select"
    BY_PK = "select_by_pk"
    AGGREGATE = "select_aggregate"
    STREAM = "select_stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A root field over a table."""

    kind: RootKind
    table: TableName


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Everything one role can query; `all_tables` is what row filters may use besides."""

    role: str
    tables: Mapping[TableName, Table]
    all_tables: Mapping[TableName, Table]
    queries: Mapping[str, Root]
    subscriptions: Mapping[str, Root]


NOBODY = Model(role="", tables={}, all_tables={}, queries={}, subscriptions={})
"""The model of a role that may read nothing."""
