"""An engine's metadata about a belt's tables, without the location of its sources."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """A relationship: the columns of this table and of the other one that have to be equal."""

    remote: str
    mapping: tuple[tuple[str, str], ...]
    many: bool
    schema: str = "public"


@dataclass(frozen=True, kw_only=True, slots=True)
class Permission:
    """What one role may read of a table; `columns` is None for all of them."""

    columns: tuple[str, ...] | None
    filter: Mapping[str, Any] = field(default_factory=dict)
    limit: int | None = None
    aggregates: bool = False
    roots: tuple[str, ...] | None = None
    subscriptions: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tracked:
    """One table that an engine offers, under the name that consumers use.

    `columns` are the names that differ from the table's own, `roots` the root fields that do. `more` names
    what else the metadata says of the table, such as computed fields.
    """

    name: str
    source: str
    schema: str
    table: str
    columns: tuple[tuple[str, str], ...] = ()
    roots: tuple[tuple[str, str], ...] = ()
    relationships: Mapping[str, Declared] = field(default_factory=dict)
    permissions: Mapping[str, Permission] = field(default_factory=dict)
    more: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class MetadataSeen:
    """All tables of one engine; `more` names other contents of the metadata.

    `digest` covers everything that the engine exports, including its sources, which are not shown.
    """

    tables: tuple[Tracked, ...]
    more: tuple[str, ...] = ()
    digest: str = field(default="", compare=False, repr=False)

    def of(self, name: str) -> Tracked | None:
        """The table with this name for consumers."""
        return next((table for table in self.tables if table.name == name), None)
