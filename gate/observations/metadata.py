"""What a GraphQL engine's metadata says of a belt's tables; nothing of where its sources are is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """A relationship: the columns of this table, and of the other one, that have to hold the same."""

    remote: str
    mapping: tuple[tuple[str, str], ...]
    many: bool
    schema: str = "public"


@dataclass(frozen=True, kw_only=True, slots=True)
class Permission:
    """What one role may read of a table; `columns` None is all of them."""

    columns: tuple[str, ...] | None
    filter: Mapping[str, Any] = field(default_factory=dict)
    limit: int | None = None
    aggregates: bool = False
    roots: tuple[str, ...] | None = None
    subscriptions: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tracked:
    """One table that an engine offers, under the name that consumers know.

    `columns` are the names that differ from the table's own, `roots` the root fields that do. `more` names
    what else is said of the table, such as computed fields.
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
    """All tables of one engine; `more` names what the metadata holds beside tables.

    `digest` is over all that the engine exports, and so over its sources too, of which nothing is shown.
    """

    tables: tuple[Tracked, ...]
    more: tuple[str, ...] = ()
    digest: str = field(default="", compare=False, repr=False)

    def of(self, name: str) -> Tracked | None:
        """The table that consumers know by a name."""
        return next((table for table in self.tables if table.name == name), None)
