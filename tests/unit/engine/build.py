"""Builders of what the engine's parts are given, with defaults for all that a case does not turn on."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from belts.engine.metadata import document
from belts.engine.metadata.tracked import Metadata
from belts.engine.plan.cache import RoleSchema
from belts.engine.postgres.catalog import Catalog, Column, ForeignKey, Relation, TableName
from belts.engine.postgres.types import PgType, builtin
from belts.engine.schema.builder import build_schema
from belts.engine.schema.resolve import Resolved, resolve
from belts.engine.settings import Limits, Settings


def column(name: str, of: str | PgType = "text", *, not_null: bool = False) -> Column:
    if isinstance(of, str):
        of = builtin(of.removesuffix("[]"), array=of.endswith("[]"))
    return Column(name=name, type=of, not_null=not_null)


def relation(
    name: str,
    *columns: Column,
    key: tuple[str, ...] = ("id",),
    foreign: tuple[ForeignKey, ...] = (),
    schema: str = "public",
) -> Relation:
    listed = columns or (column("id", "int4", not_null=True), column("name"))
    return Relation(
        name=TableName(schema, name),
        columns=MappingProxyType({c.name: c for c in listed}),
        primary_key=key,
        foreign_keys=foreign,
    )


def catalog(*relations: Relation) -> Catalog:
    return Catalog(relations=MappingProxyType({r.name: r for r in relations or (relation("items"),)}))


def tracked(name: str | Mapping[str, str], **fields: Any) -> dict[str, Any]:
    return {"table": name, **fields}


def manual(name: str, remote: str, mapping: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "using": {"manual_configuration": {"remote_table": remote, "column_mapping": dict(mapping)}},
    }


def permission(role: str = "public", **fields: Any) -> dict[str, Any]:
    return {"role": role, "permission": {"columns": "*", "filter": {}, **fields}}


def metadata(*tables: Any) -> Metadata:
    listed = list(tables or [tracked("items", select_permissions=[permission()])])
    source = {"name": "default", "kind": "postgres", "tables": listed}
    return document.read({"version": 3, "sources": [source]}, "$")


def resolved(of: Metadata | None = None, over: Catalog | None = None) -> Resolved:
    return resolve(of or metadata(), over or catalog())


def role_schema(
    of: Metadata | None = None,
    over: Catalog | None = None,
    *,
    role: str = "admin",
    limits: Limits | None = None,
    stringify: bool = False,
) -> RoleSchema:
    model = resolved(of, over).models[role]
    return RoleSchema(model, build_schema(model), limits or Limits(), stringify=stringify)


def settings(**fields: Any) -> Settings:
    return Settings(
        **{"database_url": "postgres://nobody@nowhere/none", "metadata_file": Path("none"), **fields}
    )
