"""Resolves the metadata against the catalogue: what each role sees, and what is inconsistent. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from belts.engine.errors import EngineError
from belts.engine.metadata.tracked import (
    ByForeignKey,
    Json,
    Manual,
    Metadata,
    SelectPermission,
)
from belts.engine.metadata.tracked import Relationship as Declared
from belts.engine.metadata.tracked import Table as Tracked
from belts.engine.postgres.catalog import Catalog, Column, Relation, TableName
from belts.engine.schema.model import Model, Relationship, Root, RootKind, Table, is_graphql_name
from belts.engine.schema.rowfilter import check_filter
from belts.refusal import Caught

ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inconsistency:
    """One object of the metadata that does not match the database."""

    kind: str
    name: str
    reason: str
    definition: Json

    def as_json(self) -> Json:
        """The object as Hasura lists it."""
        return {
            "type": self.kind,
            "name": self.name,
            "reason": f"Inconsistent object: {self.reason}",
            "definition": self.definition,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A metadata resolved against a catalogue."""

    models: Mapping[str, Model]
    inconsistencies: tuple[Inconsistency, ...]


def resolve(metadata: Metadata, catalog: Catalog) -> Resolved:
    """Every role's model, and the inconsistent objects that are left out of all of them."""
    return _Resolver(metadata, catalog).resolve()


class _Resolver:
    def __init__(self, metadata: Metadata, catalog: Catalog) -> None:
        self.metadata = metadata
        self.catalog = catalog
        self.found: list[Inconsistency] = []

    def resolve(self) -> Resolved:
        admin: dict[TableName, Table] = {}
        taken: dict[str, TableName] = {}
        for tracked in self.metadata.tables.values():
            table = self._table(tracked)
            if table is None:
                continue
            if table.graphql in taken:
                self._report(
                    "table",
                    str(tracked.name),
                    f'"{table.graphql}" is also the GraphQL name of the table "{taken[table.graphql]}"',
                    {"table": tracked.name._asdict()},
                )
                continue
            taken[table.graphql] = tracked.name
            admin[tracked.name] = table
        admin = {name: self._related(table, admin) for name, table in admin.items()}
        models = {ADMIN: self._model(ADMIN, admin, admin)}
        for role in sorted(self.metadata.roles()):
            models[role] = self._model(role, self._seen_by(role, admin), admin)
        return Resolved(models=models, inconsistencies=tuple(self.found))

    def _report(self, kind: str, name: str, reason: str, definition: Json) -> None:
        label = f'{kind} "{name}" in source "default"' if kind == "table" else f"{kind} {name}"
        self.found.append(Inconsistency(kind=kind, name=label, reason=reason, definition=definition))

    def _table(self, tracked: Tracked) -> Table | None:
        relation = self.catalog.relations.get(tracked.name)
        if relation is None:
            self._report(
                "table",
                str(tracked.name),
                f'no such table/view exists in source: "{tracked.name}"',
                {"table": tracked.name._asdict()},
            )
            return None
        if not is_graphql_name(tracked.graphql_name):
            self._report(
                "table",
                str(tracked.name),
                f'"{tracked.graphql_name}" is not a valid GraphQL identifier',
                {"table": tracked.name._asdict()},
            )
            return None
        return _plain(tracked, relation)

    def _related(self, table: Table, admin: Mapping[TableName, Table]) -> Table:
        relation = self.catalog.relations[table.name]
        found: dict[str, Relationship] = {}
        for declared in self.metadata.tables[table.name].relationships.values():
            try:
                found[declared.name] = self._relationship(declared, table, relation, admin)
            except _Broken as broken:
                kind = f"{declared.shape}_relation"
                self._report(
                    kind,
                    f'{declared.name} in table "{table.name}" in source "default"',
                    str(broken),
                    {"table": table.name._asdict(), "name": declared.name},
                )
        return replace(table, relationships=found)

    def _relationship(
        self, declared: Declared, table: Table, relation: Relation, admin: Mapping[TableName, Table]
    ) -> Relationship:
        if not is_graphql_name(declared.name):
            raise _Broken(f'"{declared.name}" is not a valid GraphQL identifier')
        if declared.name in table.columns:
            raise _Broken(f'field with name "{declared.name}" already exists in table "{table.name}"')
        remote, mapping = self._target(declared, relation)
        if remote not in admin:
            raise _Broken(f'table "{remote}" is not tracked')
        for side, columns in ((table.name, [a for a, _ in mapping]), (remote, [b for _, b in mapping])):
            for column in columns:
                if column not in self.catalog.relations[side].columns:
                    raise _Broken(f'column "{column}" does not exist in table "{side}"')
        return Relationship(name=declared.name, shape=declared.shape, remote=remote, mapping=mapping)

    def _target(
        self, declared: Declared, relation: Relation
    ) -> tuple[TableName, tuple[tuple[str, str], ...]]:
        using = declared.using
        if isinstance(using, Manual):
            return using.remote, using.mapping
        if using.remote is None:
            for key in relation.foreign_keys:
                if set(key.columns) == set(using.columns):
                    return key.remote, tuple(zip(key.columns, key.remote_columns, strict=True))
        else:
            other = self.catalog.relations.get(using.remote)
            for key in other.foreign_keys if other is not None else ():
                if set(key.columns) == set(using.columns) and key.remote == relation.name:
                    return using.remote, tuple(zip(key.remote_columns, key.columns, strict=True))
        raise _Broken(f"no foreign constraint exists on the given column(s): {_quoted(using)}")

    def _seen_by(self, role: str, admin: Mapping[TableName, Table]) -> dict[TableName, Table]:
        seen: dict[TableName, Table] = {}
        for name, table in admin.items():
            permission = self.metadata.tables[name].permissions.get(role)
            if permission is None:
                continue
            try:
                seen[name] = self._permitted(table, permission, admin)
            except (_Broken, EngineError) as broken:
                self._report(
                    "select_permission",
                    f'of role "{role}" in table "{name}" in source "default"',
                    str(broken),
                    {"table": name._asdict(), "role": role},
                )
        return {
            name: replace(
                table, relationships={key: r for key, r in table.relationships.items() if r.remote in seen}
            )
            for name, table in seen.items()
        }

    def _permitted(
        self, table: Table, permission: SelectPermission, admin: Mapping[TableName, Table]
    ) -> Table:
        columns: Mapping[str, Column] = table.columns
        if permission.columns is not None:
            missing = set(permission.columns) - set(self.catalog.relations[table.name].columns)
            if missing:
                raise _Broken(f'column "{min(missing)}" does not exist')
            columns = {name: column for name, column in columns.items() if column.name in permission.columns}
        check_filter(permission.filter, table, admin)
        names = {column.name for column in columns.values()}
        return replace(
            table,
            columns=columns,
            primary_key=table.primary_key if set(table.primary_key) <= names else (),
            filter=permission.filter,
            limit=permission.limit,
            aggregates=permission.allow_aggregations,
        )

    def _model(self, role: str, tables: Mapping[TableName, Table], admin: Mapping[TableName, Table]) -> Model:
        queries: dict[str, Root] = {}
        subscriptions: dict[str, Root] = {}
        for name, table in tables.items():
            tracked = self.metadata.tables[name]
            permission = tracked.permissions.get(role) if role != ADMIN else None
            for kind, field in _root_fields(tracked, table).items():
                root = Root(kind=kind, table=name)
                if kind is not RootKind.STREAM and _exposed(
                    permission.query_root_fields if permission else None, kind
                ):
                    self._claim(queries, field, root)
                if _exposed(permission.subscription_root_fields if permission else None, kind):
                    self._claim(subscriptions, field, root)
        return Model(role=role, tables=tables, all_tables=admin, queries=queries, subscriptions=subscriptions)

    def _claim(self, roots: dict[str, Root], field: str, root: Root) -> None:
        if field not in roots and is_graphql_name(field):
            roots[field] = root
            return
        reason = f'"{field}" is already a root field, or cannot be one'
        if all(found.reason != reason for found in self.found):
            self._report("table", str(root.table), reason, {"table": root.table._asdict()})


class _Broken(Caught):
    """An object of the metadata that cannot be served, and why."""


def _plain(tracked: Tracked, relation: Relation) -> Table:
    columns = {
        tracked.column_names.get(column.name, column.name): column
        for column in relation.columns.values()
        if is_graphql_name(column.type.scalar)
    }
    return Table(
        name=tracked.name,
        graphql=tracked.graphql_name,
        columns={name: column for name, column in columns.items() if is_graphql_name(name)},
        relationships={},
        primary_key=relation.primary_key,
        comment=tracked.comment or relation.comment,
    )


def _root_fields(tracked: Tracked, table: Table) -> dict[RootKind, str]:
    stem = table.graphql
    names = {RootKind.SELECT: stem, RootKind.STREAM: f"{stem}_stream"}
    reachable = {column.name for column in table.columns.values()}
    if table.primary_key and set(table.primary_key) <= reachable:
        names[RootKind.BY_PK] = f"{stem}_by_pk"
    if table.aggregates:
        names[RootKind.AGGREGATE] = f"{stem}_aggregate"
    return {kind: tracked.root_fields.get(kind, name) for kind, name in names.items()}


def _exposed(allowed: tuple[str, ...] | None, kind: RootKind) -> bool:
    return allowed is None or kind in allowed


def _quoted(using: ByForeignKey) -> str:
    return ", ".join(f'"{column}"' for column in using.columns)
