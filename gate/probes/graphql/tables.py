"""The entities that a role sees through GraphQL, with columns described as a database would."""

from collections.abc import Mapping
from typing import Any

from gate.endpoints import Side
from gate.observations.entities import entities_of
from gate.observations.graphql import Role
from gate.observations.unobserved import Unobserved
from gate.probes.database.catalog import ID, Column, Table
from gate.probes.graphql.schema import introspect
from gate.probes.unseen import UnseenError
from gate.probes.world import World

# GraphQL's scalars, and the column types that they stand for.
TYPES = {
    "Int": "int4",
    "bigint": "numeric",
    "numeric": "numeric",
    "String": "text",
    "timestamptz": "timestamptz",
    "timestamp": "timestamptz",
    "Boolean": "bool",
}


async def schema_of(world: World, side: Side, role: Role) -> Mapping[str, Any]:
    """A belt's schema as a role sees it."""
    data = await world.once(introspect, side, role)
    if isinstance(data, Unobserved):
        raise UnseenError(data.reason, data.cause)
    schema: Mapping[str, Any] = data["__schema"]
    return schema


async def tables(world: World, side: Side, role: Role) -> tuple[Table, ...]:
    """The entities that a role sees, with their columns."""
    schema = await schema_of(world, side, role)
    types = {kind["name"]: kind for kind in schema["types"]}
    root = types.get((schema["queryType"] or {}).get("name")) or {}
    roots = {field["name"]: field for field in root.get("fields") or ()}
    return tuple(
        _table(name, types.get(name) or {}, roots.get(f"{name}_by_pk") or {})
        for name in sorted(entities_of({"__schema": schema}))
    )


def _table(name: str, kind: Mapping[str, Any], by_key: Mapping[str, Any]) -> Table:
    """One table. Its key is what a row can be requested by: its id, and its chain if the entity has one."""
    columns = [
        Column(name=field["name"], type=TYPES[scalar], nullable=True)
        for field in kind.get("fields") or ()
        if (scalar := _scalar(field["type"])) in TYPES
    ]
    return Table(name=name, columns=tuple(columns), key=key_of(by_key), estimate=-1)


def key_of(by_key: Mapping[str, Any]) -> tuple[str, ...]:
    """The arguments that request one row, or else Envio's key."""
    names = sorted(argument["name"] for argument in by_key.get("args") or ())
    return tuple(sorted(names, key=lambda name: name != ID)) or (ID,)


def _scalar(kind: Mapping[str, Any]) -> str:
    """The name of a plain scalar; empty for a list or an object."""
    if kind["kind"] == "NON_NULL":
        return _scalar(kind["ofType"])
    return str(kind["name"]) if kind["kind"] == "SCALAR" else ""
