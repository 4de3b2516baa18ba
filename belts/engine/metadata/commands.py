"""The operations of the metadata API: each takes a metadata and gives the next one. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from belts.engine.errors import BadRequest
from belts.engine.metadata import document, reading
from belts.engine.metadata.reading import Fields, Json
from belts.engine.metadata.tracked import Metadata, Shape, Table
from belts.engine.postgres.catalog import Catalog

SUCCESS: Mapping[str, Json] = {"message": "success"}
Command = Callable[[Metadata, Catalog, Fields, str], Metadata]


def _track_table(metadata: Metadata, catalog: Catalog, of: Fields, path: str) -> Metadata:
    reading.source(of, path)
    configuration = reading.maybe(of, "configuration", path, reading.fields, reading.NONE)
    name = reading.need(of, "table", path, reading.table_name)
    table = document.configured(name, configuration, f"{path}.configuration")
    if name in metadata.tables:
        raise BadRequest(f'view/table already tracked: "{name}"', code="already-tracked", path=path)
    if name not in catalog.relations:
        raise BadRequest(
            f'no such table/view exists in source: "{name}"', code="not-exists", path=f"{path}.table"
        )
    return metadata.with_table(table)


def _track_tables(metadata: Metadata, catalog: Catalog, of: Fields, path: str) -> Metadata:
    """Tracks all of the tables, or none: one that cannot be tracked refuses the whole call."""
    for index, item in enumerate(reading.need(of, "tables", path, reading.items)):
        at = f"{path}.tables[{index}]"
        metadata = _track_table(metadata, catalog, reading.fields(item, at), at)
    return metadata


def _untrack_table(metadata: Metadata, _catalog: Catalog, of: Fields, path: str) -> Metadata:
    reading.source(of, path)
    name = reading.need(of, "table", path, reading.table_name)
    if name not in metadata.tables:
        raise BadRequest(f'view/table already untracked: "{name}"', code="already-untracked", path=path)
    cascade = reading.maybe(of, "cascade", path, reading.flag, default=False)
    dependants = [
        (table, relationship)
        for table in metadata.tables.values()
        for relationship in table.relationships.values()
        if table.name != name and relationship.using.remote == name
    ]
    if dependants and not cascade:
        listed = ", ".join(f"relationship {table.name}.{r.name}" for table, r in dependants)
        raise BadRequest(
            f"cannot drop due to the following dependent objects: {listed}",
            code="dependency-error",
            path=path,
        )
    metadata = metadata.without_table(name)
    for table, relationship in dependants:
        current = metadata.tables[table.name]
        left = {key: item for key, item in current.relationships.items() if key != relationship.name}
        metadata = metadata.with_table(replace(current, relationships=left))
    return metadata


def _create_permission(metadata: Metadata, catalog: Catalog, of: Fields, path: str) -> Metadata:
    reading.source(of, path)
    table = _tracked(metadata, of, path)
    permission = document.read_permission(of, path)
    if permission.role in table.permissions:
        raise BadRequest(
            f'select permission already defined on table "{table.name}" with role "{permission.role}"',
            code="already-exists",
            path=path,
        )
    relation = catalog.relations.get(table.name)
    for column in permission.columns or ():
        if relation is not None and column not in relation.columns:
            raise BadRequest(
                f'column "{column}" does not exist', code="not-exists", path=f"{path}.permission.columns"
            )
    return metadata.with_table(replace(table, permissions={**table.permissions, permission.role: permission}))


def _drop_permission(metadata: Metadata, _catalog: Catalog, of: Fields, path: str) -> Metadata:
    reading.source(of, path)
    table = _tracked(metadata, of, path)
    role = reading.need(of, "role", path, reading.text)
    if role not in table.permissions:
        raise BadRequest(
            f'select permission on "{table.name}" for role "{role}" does not exist',
            code="permission-denied",
            path=path,
        )
    left = {key: item for key, item in table.permissions.items() if key != role}
    return metadata.with_table(replace(table, permissions=left))


def _create_relationship(shape: Shape) -> Command:
    def command(metadata: Metadata, catalog: Catalog, of: Fields, path: str) -> Metadata:
        reading.source(of, path)
        table = _tracked(metadata, of, path)
        relationship = document.read_relationship(of, shape, path)
        relation = catalog.relations.get(table.name)
        taken = relationship.name in table.relationships
        if taken or (relation is not None and relationship.name in relation.columns):
            raise BadRequest(
                f'field with name "{relationship.name}" already exists in table "{table.name}"',
                code="already-exists",
                path=f"{path}.name",
            )
        return metadata.with_table(
            replace(table, relationships={**table.relationships, relationship.name: relationship})
        )

    return command


def _drop_relationship(metadata: Metadata, _catalog: Catalog, of: Fields, path: str) -> Metadata:
    reading.source(of, path)
    table = _tracked(metadata, of, path)
    name = reading.need(of, "relationship", path, reading.text)
    if name not in table.relationships:
        raise BadRequest(f'relationship "{name}" does not exist', code="not-exists", path=path)
    left = {key: item for key, item in table.relationships.items() if key != name}
    return metadata.with_table(replace(table, relationships=left))


def _clear(_metadata: Metadata, _catalog: Catalog, _of: Fields, _path: str) -> Metadata:
    return Metadata()


def _replace(_metadata: Metadata, _catalog: Catalog, of: Fields, path: str) -> Metadata:
    if "metadata" in of:
        return document.read(of["metadata"], f"{path}.metadata")
    return document.read(of, path)


def _reload(metadata: Metadata, _catalog: Catalog, _of: Fields, _path: str) -> Metadata:
    """The catalogue is reread before every command, so there is nothing left to do."""
    return metadata


def _tracked(metadata: Metadata, of: Fields, path: str) -> Table:
    name = reading.need(of, "table", path, reading.table_name)
    if name not in metadata.tables:
        raise BadRequest(
            f'table "{name}" does not exist in source: default', code="not-exists", path=f"{path}.table"
        )
    return metadata.tables[name]


COMMANDS: Mapping[str, Command] = {
    "clear_metadata": _clear,
    "pg_track_table": _track_table,
    "pg_track_tables": _track_tables,
    "pg_untrack_table": _untrack_table,
    "pg_create_select_permission": _create_permission,
    "pg_drop_select_permission": _drop_permission,
    "pg_create_object_relationship": _create_relationship(Shape.OBJECT),
    "pg_create_array_relationship": _create_relationship(Shape.ARRAY),
    "pg_drop_relationship": _drop_relationship,
    "replace_metadata": _replace,
    "reload_metadata": _reload,
}
"""The commands that change metadata. `administration` answers `bulk` and the queries."""
TOLERANT = frozenset({"clear_metadata", "reload_metadata", "replace_metadata"})
"""The commands after which inconsistent objects may be left, listed rather than refused."""
