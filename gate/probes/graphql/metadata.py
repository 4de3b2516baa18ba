"""Reads an engine's metadata as its administrator; the configuration of sources is dropped at once."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlunsplit

import orjson

from gate.endpoints import Side
from gate.observations.graphql import Role
from gate.observations.metadata import Declared, MetadataSeen, Permission, Tracked
from gate.observations.unobserved import Cause, Unobserved
from gate.probes.graphql.ask import belt_on, headers_of
from gate.probes.http import post
from gate.probes.unseen import BusyError, SlowError, UnseenError, unseen_as_value
from gate.probes.world import World
from gate.secret import Address

GRAPHQL, METADATA = "/v1/graphql", "/v1/metadata"
QUESTION = {"type": "export_metadata", "version": 1, "args": {}}

TABLE_KEYS = frozenset(
    {"table", "configuration", "object_relationships", "array_relationships", "select_permissions"}
)
"""What is read of a table's metadata; any other key is reported by name."""
WRITING = frozenset({"insert_permissions", "update_permissions", "delete_permissions"})
DOCUMENT_KEYS = frozenset({"version", "sources"})
SOURCE_KEYS = frozenset({"name", "kind", "tables", "configuration"})


async def look(world: World, side: Side) -> MetadataSeen | Unobserved:
    """The metadata of one belt's engine, read once per run."""
    return await world.once(read, side)


@unseen_as_value
async def read(world: World, side: Side) -> MetadataSeen:
    """The metadata as it is now, without the cache."""
    belt = belt_on(world.endpoints, side)
    headers = headers_of(belt, Role.ADMIN)
    address = _beside(belt.graphql)
    try:
        answer = await post(world, address, QUESTION, headers)
    except (BusyError, SlowError):
        answer = await post(world, address, QUESTION, headers)
    return parsed(answer.json(address), address)


def _beside(graphql: Address) -> Address:
    """The address of the metadata API, which is next to that of GraphQL."""
    parts = graphql.parts
    path = parts.path.rstrip("/")
    if not path.endswith(GRAPHQL):
        raise UnseenError(
            f"where {graphql} keeps its metadata is not known: its path does not end with {GRAPHQL}",
            Cause.UNSUPPORTED,
        )
    return Address(urlunsplit(parts._replace(path=path.removesuffix(GRAPHQL) + METADATA)))


def parsed(document: object, address: Address) -> MetadataSeen:
    """Parses a metadata document of Hasura's version 3."""
    try:
        return _document(document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnseenError(
            f"{address} gives metadata that is not Hasura's version 3 ({type(error).__name__})",
            Cause.BAD_ANSWER,
        ) from None


def _document(document: Any) -> MetadataSeen:
    document = document.get("metadata", document)
    if document["version"] != 3:
        raise ValueError(document["version"])
    more = [key for key, value in document.items() if key not in DOCUMENT_KEYS and value]
    tables: list[Tracked] = []
    for source in document["sources"]:
        name = str(source["name"])
        more += [f"{name}.{key}" for key, value in source.items() if key not in SOURCE_KEYS and value]
        tables += [_table(name, table) for table in source["tables"]]
    whole = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    return MetadataSeen(tables=tuple(tables), more=tuple(more), digest=hashlib.sha256(whole).hexdigest())


def _table(source: str, of: Mapping[str, Any]) -> Tracked:
    schema, table = _name(of["table"])
    said = of.get("configuration") or {}
    custom = said.get("custom_name")
    return Tracked(
        name=str(custom) if custom else table if schema == "public" else f"{schema}_{table}",
        source=source,
        schema=schema,
        table=table,
        columns=tuple(sorted(_columns(said))),
        roots=tuple(sorted(_roots(said.get("custom_root_fields") or {}))),
        relationships={
            str(each["name"]): _relationship(each, many=many)
            for key, many in (("object_relationships", False), ("array_relationships", True))
            for each in of.get(key) or ()
        },
        permissions={
            str(each["role"]): _permission(each["permission"]) for each in of.get("select_permissions") or ()
        },
        more=tuple(sorted(key for key, value in of.items() if key not in TABLE_KEYS | WRITING and value)),
    )


def _name(of: Any) -> tuple[str, str]:
    return ("public", of) if isinstance(of, str) else (str(of.get("schema", "public")), str(of["name"]))


def _columns(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The columns that have another name."""
    names = dict(said.get("custom_column_names") or {})
    for column, config in (said.get("column_config") or {}).items():
        if config.get("custom_name"):
            names[column] = config["custom_name"]
    return ((str(column), str(name)) for column, name in names.items() if column != name)


def _roots(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for kind, name in said.items():
        found = name.get("name") if isinstance(name, Mapping) else name
        if found:
            yield str(kind), str(found)


def _relationship(each: Mapping[str, Any], *, many: bool) -> Declared:
    """A relationship with its own mapping; one over a foreign key names only the columns of the key."""
    manual = each["using"].get("manual_configuration")
    if manual is None:
        return _over_foreign_key(each["using"]["foreign_key_constraint_on"], many=many)
    schema, remote = _name(manual["remote_table"])
    mapping = tuple((str(ours), str(theirs)) for ours, theirs in manual["column_mapping"].items())
    return Declared(remote=remote, mapping=mapping, many=many, schema=schema)


def _over_foreign_key(of: Any, *, many: bool) -> Declared:
    if isinstance(of, str | list):
        columns = [of] if isinstance(of, str) else of
        return Declared(remote="", mapping=tuple((str(column), "") for column in columns), many=many)
    schema, remote = _name(of["table"])
    columns = of.get("columns") or [of["column"]]
    mapping = tuple(("", str(column)) for column in columns)
    return Declared(remote=remote, mapping=mapping, many=many, schema=schema)


def _permission(of: Mapping[str, Any]) -> Permission:
    columns = of.get("columns") or ()
    return Permission(
        columns=None if columns == "*" else tuple(sorted(map(str, columns))),
        filter=of.get("filter") or {},
        limit=of.get("limit"),
        aggregates=bool(of.get("allow_aggregations")),
        roots=_listed(of.get("query_root_fields")),
        subscriptions=_listed(of.get("subscription_root_fields")),
    )


def _listed(of: Any) -> tuple[str, ...] | None:
    return None if of is None else tuple(sorted(map(str, of)))
