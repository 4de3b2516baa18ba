"""Metadata as Hasura's version 3 document: what `export_metadata` gives and `replace_metadata` takes."""

from belts.engine.errors import BadRequest, unparsable
from belts.engine.metadata import reading
from belts.engine.metadata.tracked import (
    ByForeignKey,
    Json,
    Manual,
    Metadata,
    Relationship,
    SelectPermission,
    Shape,
    Table,
)
from belts.engine.postgres.catalog import TableName

_CONFIGURATION = {
    "connection_info": {
        "database_url": {"from_env": "HASURA_GRAPHQL_DATABASE_URL"},
        "isolation_level": "read-committed",
        "use_prepared_statements": True,
    }
}
_TABLE_KEYS = frozenset(
    {"table", "configuration", "object_relationships", "array_relationships", "select_permissions"}
)


def write(metadata: Metadata) -> Json:
    """The document of a metadata."""
    tables = [_write_table(table) for table in metadata.tables.values()]
    source = {"name": "default", "kind": "postgres", "tables": tables, "configuration": _CONFIGURATION}
    return {"version": 3, "sources": [source]}


def read(value: Json, path: str) -> Metadata:
    """The metadata of a document; whatever this engine cannot serve is refused by name."""
    document = reading.fields(value, path)
    if document.get("version") != 3:
        raise unparsable("expected metadata of version 3", f"{path}.version")
    for key, part in document.items():
        if key not in {"version", "sources"} and part:
            raise BadRequest(f'"{key}" is not supported', code="not-supported", path=f"{path}.{key}")
    tables: dict[TableName, Table] = {}
    for index, item in enumerate(reading.maybe(document, "sources", path, reading.items, reading.NOTHING)):
        at = f"{path}.sources[{index}]"
        source = reading.fields(item, at)
        name = reading.need(source, "name", at, reading.text)
        if name != "default" or source.get("kind", "postgres") != "postgres":
            raise BadRequest(
                f'only the source "default" of kind "postgres" is supported, not "{name}"',
                code="not-supported",
                path=at,
            )
        for position, entry in enumerate(reading.need(source, "tables", at, reading.items)):
            table = read_table(entry, f"{at}.tables[{position}]")
            if table.name in tables:
                raise BadRequest(f'duplicate table "{table.name}"', code="already-tracked", path=at)
            tables[table.name] = table
        for key in source:
            if key not in {"name", "kind", "tables", "configuration"} and source[key]:
                raise BadRequest(f'"{key}" is not supported', code="not-supported", path=f"{at}.{key}")
    return Metadata(tables=tables)


def read_table(value: Json, path: str) -> Table:
    """One table with its relationships and permissions."""
    of = reading.fields(value, path)
    for key, part in of.items():
        if key not in _TABLE_KEYS and part:
            raise BadRequest(f'"{key}" is not supported', code="not-supported", path=f"{path}.{key}")
    table = configured(
        reading.need(of, "table", path, reading.table_name),
        reading.maybe(of, "configuration", path, reading.fields, reading.NONE),
        f"{path}.configuration",
    )
    relationships: dict[str, Relationship] = {}
    for shape in Shape:
        key = f"{shape}_relationships"
        for index, item in enumerate(reading.maybe(of, key, path, reading.items, reading.NOTHING)):
            relationship = read_relationship(item, shape, f"{path}.{key}[{index}]")
            relationships[relationship.name] = relationship
    permissions: dict[str, SelectPermission] = {}
    for index, item in enumerate(
        reading.maybe(of, "select_permissions", path, reading.items, reading.NOTHING)
    ):
        permission = read_permission(item, f"{path}.select_permissions[{index}]")
        permissions[permission.role] = permission
    return Table(
        name=table.name,
        custom_name=table.custom_name,
        root_fields=table.root_fields,
        column_names=table.column_names,
        comment=table.comment,
        relationships=relationships,
        permissions=permissions,
    )


def configured(name: TableName, of: reading.Fields, path: str) -> Table:
    """A table as its `configuration` names it, without anything else yet."""
    columns = dict(reading.maybe(of, "custom_column_names", path, reading.names, reading.NO_NAMES))
    for column, config in reading.maybe(of, "column_config", path, reading.fields, reading.NONE).items():
        at = f"{path}.column_config.{column}"
        custom = reading.maybe(reading.fields(config, at), "custom_name", at, reading.text, "")
        if custom:
            columns[column] = custom
    return Table(
        name=name,
        custom_name=reading.maybe(of, "custom_name", path, reading.text, "") or None,
        root_fields=_root_fields(
            reading.maybe(of, "custom_root_fields", path, reading.fields, reading.NONE), path
        ),
        column_names=columns,
        comment=reading.maybe(of, "comment", path, reading.text, "") or None,
    )


def _root_fields(of: reading.Fields, path: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in of.items():
        at = f"{path}.custom_root_fields.{key}"
        name = reading.maybe(value, "name", at, reading.text, "") if isinstance(value, dict) else value
        if name:
            found[key] = reading.text(name, at)
    return found


def read_relationship(value: Json, shape: Shape, path: str) -> Relationship:
    """One relationship; `using` is a manual mapping or a foreign key."""
    of = reading.fields(value, path)
    using = reading.need(of, "using", path, reading.fields)
    at = f"{path}.using"
    return Relationship(
        name=reading.need(of, "name", path, reading.text),
        shape=shape,
        using=_manual(using, at) if "manual_configuration" in using else _by_foreign_key(using, shape, at),
        comment=reading.maybe(of, "comment", path, reading.text, "") or None,
    )


def _manual(using: reading.Fields, path: str) -> Manual:
    of = reading.need(using, "manual_configuration", path, reading.fields)
    at = f"{path}.manual_configuration"
    mapping = reading.need(of, "column_mapping", at, reading.names)
    return Manual(
        remote=reading.need(of, "remote_table", at, reading.table_name), mapping=tuple(mapping.items())
    )


def _by_foreign_key(using: reading.Fields, shape: Shape, path: str) -> ByForeignKey:
    key = "foreign_key_constraint_on"
    if key not in using:
        raise unparsable(f'expected "{key}" or "manual_configuration"', path)
    at = f"{path}.{key}"
    value = using[key]
    if isinstance(value, str | list):
        if shape is Shape.ARRAY:
            raise unparsable('an array relationship needs "table" and "column"', at)
        return ByForeignKey(columns=_columns(value, at))
    of = reading.fields(value, at)
    columns = of.get("columns", of.get("column"))
    return ByForeignKey(
        columns=_columns(columns, at), remote=reading.need(of, "table", at, reading.table_name)
    )


def _columns(value: Json, path: str) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else reading.texts(value, path)


def read_permission(value: Json, path: str) -> SelectPermission:
    """One role's permission."""
    of = reading.fields(value, path)
    role = reading.need(of, "role", path, reading.text)
    if role == "admin":
        raise BadRequest(
            'cannot create or modify permissions for the role "admin"', code="invalid-params", path=path
        )
    permission = reading.need(of, "permission", path, reading.fields)
    at = f"{path}.permission"
    for key, part in permission.items():
        if key == "computed_fields" and part:
            raise BadRequest(f'"{key}" is not supported', code="not-supported", path=f"{at}.{key}")
    columns = permission.get("columns")
    return SelectPermission(
        role=role,
        columns=None if columns == "*" else reading.texts(columns, f"{at}.columns"),
        filter=reading.need(permission, "filter", at, reading.fields),
        limit=None if permission.get("limit") is None else reading.count(permission["limit"], f"{at}.limit"),
        allow_aggregations=reading.maybe(permission, "allow_aggregations", at, reading.flag, default=False),
        query_root_fields=_optional_texts(permission, "query_root_fields", at),
        subscription_root_fields=_optional_texts(permission, "subscription_root_fields", at),
        comment=reading.maybe(of, "comment", path, reading.text, "") or None,
    )


def _optional_texts(of: reading.Fields, key: str, path: str) -> tuple[str, ...] | None:
    return None if of.get(key) is None else reading.texts(of[key], f"{path}.{key}")


def _write_table(table: Table) -> Json:
    found: dict[str, Json] = {"table": _write_name(table.name)}
    configuration: dict[str, Json] = {
        "custom_name": table.custom_name,
        "custom_root_fields": dict(table.root_fields),
        "column_config": {name: {"custom_name": custom} for name, custom in table.column_names.items()},
        "custom_column_names": dict(table.column_names),
        "comment": table.comment,
    }
    configuration = {key: value for key, value in configuration.items() if value}
    if configuration:
        configuration.setdefault("column_config", {})
        configuration.setdefault("custom_column_names", {})
        configuration.setdefault("custom_root_fields", {})
        found["configuration"] = configuration
    for shape in Shape:
        relationships = [_write_relationship(r) for r in table.relationships.values() if r.shape is shape]
        if relationships:
            found[f"{shape}_relationships"] = relationships
    if table.permissions:
        found["select_permissions"] = [_write_permission(p) for p in table.permissions.values()]
    return found


def _write_name(name: TableName) -> Json:
    return {"name": name.name, "schema": name.schema}


def _write_relationship(relationship: Relationship) -> Json:
    match relationship.using:
        case Manual(remote=remote, mapping=mapping):
            using: Json = {
                "manual_configuration": {
                    "column_mapping": dict(mapping),
                    "insertion_order": None,
                    "remote_table": _write_name(remote),
                }
            }
        case ByForeignKey(columns=columns, remote=remote):
            key: Json = columns[0] if len(columns) == 1 else list(columns)
            if remote is not None:
                word = "column" if len(columns) == 1 else "columns"
                key = {word: key, "table": _write_name(remote)}
            using = {"foreign_key_constraint_on": key}
    found = {"name": relationship.name, "using": using, "comment": relationship.comment}
    return {key: value for key, value in found.items() if value is not None}


def _write_permission(permission: SelectPermission) -> Json:
    inner = {
        "columns": "*" if permission.columns is None else list(permission.columns),
        "filter": permission.filter,
        "limit": permission.limit,
        "allow_aggregations": permission.allow_aggregations or None,
        "query_root_fields": _listed(permission.query_root_fields),
        "subscription_root_fields": _listed(permission.subscription_root_fields),
    }
    found = {
        "role": permission.role,
        "permission": {key: value for key, value in inner.items() if value is not None},
        "comment": permission.comment,
    }
    return {key: value for key, value in found.items() if value is not None}


def _listed(names: tuple[str, ...] | None) -> list[str] | None:
    return None if names is None else list(names)
