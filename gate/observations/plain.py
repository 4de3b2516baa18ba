"""Tells whether an engine serves an entity unchanged: what its metadata puts between table and role."""

from collections.abc import Iterator

from belts.envio.release import VIEWS
from gate.amounts import amount
from gate.observations.metadata import MetadataSeen, Permission, Tracked


def uneven(metadata: MetadataSeen, entity: str, role: str) -> tuple[str, ...]:
    """Describes what is not plain; empty if nothing is."""
    table = metadata.of(entity)
    if table is None:
        return (f"metadata does not track {entity}",)
    permission = table.permissions.get(role)
    return (
        *_table(metadata, table),
        *_relationships(metadata, table),
        *(_permission(permission, role) if permission else (f"metadata gives {role} nothing of {entity}",)),
    )


def _table(metadata: MetadataSeen, table: Tracked) -> Iterator[str]:
    """The table behind the name, and the names of its columns."""
    if table.table != table.name:
        yield f"{table.name} is the table {table.table}"
    twins = [one for one in metadata.tables if one.name == table.name]
    if len(twins) > 1:
        yield f"{table.name} is tracked {amount(len(twins), 'time')}"
    sources = {one.source for one in metadata.tables if one.name in VIEWS}
    if sources and sources != {table.source}:
        yield f"{table.name} comes from another source than the belt's progress"
    schemas = {one.schema for one in metadata.tables if one.name in VIEWS}
    if schemas and schemas != {table.schema}:
        yield f"{table.name} comes from the schema {table.schema}, the belt's progress from another"
    for column, name in table.columns:
        if not same_name(column, name):
            yield f"the column {column} of {table.name} is called {name}"
    for kind, name in table.roots:
        yield f"{kind} of {table.name} is called {name}"
    for more in table.more:
        yield f"{table.name} has {more}"


def _relationships(metadata: MetadataSeen, table: Tracked) -> Iterator[str]:
    """Relationships that do not lead where Envio's would: by a column of their name, or back along one."""
    for name, way in sorted(table.relationships.items()):
        if way.schema != table.schema:
            yield f"{table.name}.{name} leads into the schema {way.schema}"
        if not way.many and not _refers(name, way.mapping):
            yield f"{table.name}.{name} leads by {_shown(way.mapping)}"
        if way.many and not _leads_back(metadata, table, way.remote, way.mapping):
            yield f"{table.name}.{name} leads to {way.remote} by {_shown(way.mapping)}"


def _refers(name: str, mapping: tuple[tuple[str, str], ...]) -> bool:
    """True if the column named like the relationship plus `_id` holds the other's key, with any chain."""
    own = [ours for ours, theirs in mapping if theirs == "id"]
    rest = [(ours, theirs) for ours, theirs in mapping if theirs != "id"]
    return len(own) == 1 and _plain(own[0]) == f"{_plain(name)}id" and all(o == t for o, t in rest)


def _leads_back(
    metadata: MetadataSeen, table: Tracked, remote: str, mapping: tuple[tuple[str, str], ...]
) -> bool:
    """True if the other table has a relationship to this one over the same columns."""
    back = {(theirs, ours) for ours, theirs in mapping}
    return any(
        not way.many and way.remote == table.table and set(way.mapping) == back
        for one in metadata.tables
        if one.table == remote and one.schema == table.schema
        for way in one.relationships.values()
    )


def _permission(permission: Permission, role: str) -> Iterator[str]:
    """What keeps a role from reading all rows and columns."""
    if permission.filter:
        yield f"{role} gets only rows that a filter lets through"
    if permission.columns is not None:
        yield f"{role} gets {amount(len(permission.columns), 'named column')}"


def _shown(mapping: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{ours} = {theirs}" for ours, theirs in mapping)


def same_name(one: str, other: str) -> bool:
    """True if two names differ only in spelling: one release writes columns in snake case."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
