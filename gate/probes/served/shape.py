"""Maps an entity's table to a role's schema: which field stands for which column, and what leads where."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
)

from gate.observations.entities import DERIVED_SUFFIXES, is_of_schema
from gate.observations.metadata import Declared
from gate.probes.database.catalog import Catalog, Column, Table, unspelt

LIST_ARGUMENTS = frozenset({"where", "order_by", "limit"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Scalar:
    """A field that returns a column."""

    field: str
    column: Column


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """A field that leads to the rows of another table that match this row's columns.

    `pairs` are columns of this table and of the other one. `key` are the fields that identify the other row,
    each with its column, and `scalars` all fields that return a column of it.
    """

    field: str
    remote: Table
    pairs: tuple[tuple[str, str], ...]
    many: bool
    key: tuple[Scalar, ...]
    scalars: tuple[Scalar, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """One entity as one role sees it. `unfollowed` are fields whose target is unknown."""

    table: Table
    key: tuple[Scalar, ...]
    scalars: tuple[Scalar, ...]
    ways: tuple[Way, ...]
    unfollowed: tuple[str, ...]
    aggregates: bool
    by_key: bool

    @property
    def name(self) -> str:
        """The entity, its list and its table share this name."""
        return self.table.name

    @property
    def main(self) -> Scalar:
        """The part of the key along which rows are read: the one with Envio's name for keys."""
        return next((scalar for scalar in self.key if scalar.column.name == "id"), self.key[0])

    def of(self, column: str) -> Scalar | None:
        """The field that returns a column."""
        return next((scalar for scalar in self.scalars if scalar.column.name == column), None)


def shape_of(
    schema: GraphQLSchema, table: Table, catalog: Catalog, declared: Mapping[str, Declared]
) -> Shape | None:
    """The entity as a schema shows it; `None` if the schema has no list of it.

    `declared` are the entity's relationships in the engine's metadata. They are used only if the names do
    not show where a field leads: the metadata itself is judged elsewhere.
    """
    root = schema.query_type
    kind = _listed(root.fields.get(table.name)) if root else None
    if root is None or kind is None:
        return None
    scalars = tuple(_scalars(kind, table))
    ways, unfollowed = _ways(kind, table, catalog, declared)
    return Shape(
        table=table,
        key=_key(table, scalars),
        scalars=scalars,
        ways=ways,
        unfollowed=unfollowed,
        aggregates=f"{table.name}_aggregate" in root.fields,
        by_key=_by_key(root.fields.get(f"{table.name}_by_pk"), _key(table, scalars)),
    )


def offered(schema: GraphQLSchema) -> frozenset[str]:
    """The entities for which a schema has lists, whatever their arguments."""
    fields = schema.query_type.fields if schema.query_type else {}
    return frozenset(
        name
        for name, field in fields.items()
        if is_list_type(get_nullable_type(field.type))
        and is_object_type(get_named_type(field.type))
        and is_of_schema(name)
        and not name.endswith(DERIVED_SUFFIXES)
    )


def _listed(field: GraphQLField | None) -> GraphQLObjectType | None:
    """The row type of a list that can be queried by key."""
    if field is None or not field.args.keys() >= LIST_ARGUMENTS:
        return None
    kind = get_named_type(field.type)
    return kind if is_list_type(get_nullable_type(field.type)) and is_object_type(kind) else None


def _by_key(field: GraphQLField | None, key: tuple[Scalar, ...]) -> bool:
    """True if a row can be queried by its key, with arguments named like the fields of the key."""
    return field is not None and field.args.keys() == {scalar.field for scalar in key}


def _key(table: Table, scalars: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    """The key as fields; empty if the table has none or the role does not see all of it."""
    found = [next((one for one in scalars if one.column.name == name), None) for name in table.key]
    return tuple(one for one in found if one is not None) if None not in found else ()


def _scalars(kind: GraphQLObjectType, table: Table) -> Iterator[Scalar]:
    """The fields that return a column: the one of the same name, else of the same name spelt differently.

    Metadata is not trusted for this: two columns with swapped names would pass.
    """
    called: dict[str, list[Column]] = {}
    for column in table.columns:
        called.setdefault(unspelt(column.name), []).append(column)
    for name, field in kind.fields.items():
        if not is_leaf_type(get_named_type(field.type)):
            continue
        alike = called.get(unspelt(name), [])
        spelt = alike[0] if len(alike) == 1 and alike[0].name not in kind.fields else None
        own = table.column(name) or spelt
        if own is not None:
            yield Scalar(field=name, column=own)


def strange_fields(shape: Shape, schema: GraphQLSchema) -> tuple[str, ...]:
    """The plain fields of an entity for which its table has no column."""
    kind = _listed(schema.query_type.fields.get(shape.name)) if schema.query_type else None
    known = {scalar.field for scalar in shape.scalars}
    return tuple(
        name
        for name, field in (kind.fields.items() if kind else ())
        if is_leaf_type(get_named_type(field.type)) and name not in known
    )


def _ways(
    kind: GraphQLObjectType, table: Table, catalog: Catalog, declared: Mapping[str, Declared]
) -> tuple[tuple[Way, ...], tuple[str, ...]]:
    """The fields that lead to other rows, and those whose target is unknown."""
    ways, lost = [], []
    for name, field in kind.fields.items():
        remote = get_named_type(field.type)
        if not is_object_type(remote) or _is_aggregate(name, kind):
            continue
        many = is_list_type(get_nullable_type(field.type))
        other = catalog.table(remote.name)
        way = _way(name, remote, (table, other), declared.get(name), many=many) if other else None
        if way is None:
            lost.append(name)
        else:
            ways.append(way)
    return tuple(ways), tuple(lost)


def _is_aggregate(name: str, kind: GraphQLObjectType) -> bool:
    """True if a field aggregates another one, which is tested separately."""
    return name.endswith("_aggregate") and name.removesuffix("_aggregate") in kind.fields


def _way(
    name: str,
    remote: GraphQLObjectType,
    tables: tuple[Table, Table],
    declared: Declared | None,
    *,
    many: bool,
) -> Way | None:
    """Where a field leads from one table to the other; `None` if unknown."""
    table, other = tables
    scalars = tuple(_scalars(remote, other))
    key = _key(other, scalars)
    found = _derived(table, remote, other, declared) if many else _referring(name, table, other)
    pairs = found or _as_declared(declared, table, other)
    if not pairs or not key:
        return None
    return Way(field=name, remote=other, pairs=pairs, many=many, key=key, scalars=scalars)


def _referring(name: str, table: Table, other: Table) -> tuple[tuple[str, str], ...]:
    """Envio's object relationship: the column named like the field plus `_id` holds the other's key.

    If entities are kept by chain, the chain is a part of the key and has the same name on both sides.
    """
    called = {unspelt(column.name): column.name for column in table.columns}
    own = called.get(unspelt(name) + "id")
    if own is None or "id" not in other.key:
        return ()
    rest = [part for part in other.key if part != "id"]
    if any(table.column(part) is None for part in rest):
        return ()
    return ((own, "id"), *((part, part) for part in rest))


def _derived(
    table: Table, remote: GraphQLObjectType, other: Table, declared: Declared | None
) -> tuple[tuple[str, str], ...]:
    """Envio's array relationship: the inverse of an object relationship of the other entity.

    If several lead back, names do not tell which one it is, so the metadata decides.
    """
    back = [
        _referring(name, other, table)
        for name, field in remote.fields.items()
        if get_named_type(field.type).name == table.name and not is_list_type(get_nullable_type(field.type))
    ]
    found = {tuple((theirs, ours) for ours, theirs in pairs) for pairs in back if pairs}
    if declared is not None and set(declared.mapping) in [set(pairs) for pairs in found]:
        return declared.mapping
    return next(iter(found)) if len(found) == 1 and declared is None else ()


def _as_declared(declared: Declared | None, table: Table, other: Table) -> tuple[tuple[str, str], ...]:
    """The relationship in the metadata, if it leads to that table by existing columns."""
    if declared is None or declared.remote != other.name:
        return ()
    known = all(table.column(ours) and other.column(theirs) for ours, theirs in declared.mapping)
    return declared.mapping if known else ()
