"""Rows as a database would tell them, and what the engine's own schema offers of them."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLSchema

from gate.observations.metadata import Declared
from gate.probes.database.catalog import Catalog, Column, Table
from gate.probes.served.constructs.drawing import Drawn
from gate.probes.served.constructs.offer import Offer
from gate.probes.served.constructs.plan import places_of, plan_of
from gate.probes.served.constructs.planned import Plan
from gate.probes.served.constructs.sample import Entry, Place, Sample
from gate.probes.served.constructs.subject import Subject
from gate.probes.served.shape import Shape, shape_of
from gate.probes.served.table import Selection
from tests.unit.engine.build import (
    catalog,
    column,
    manual,
    metadata,
    permission,
    relation,
    role_schema,
    tracked,
)

TYPES = {
    "id": "text",
    "chain": "int4",
    "value": "numeric",
    "big": "int8",
    "score": "float8",
    "note": "text",
    "open": "bool",
    "at": "timestamptz",
    "doc": "jsonb",
    "tags": "text[]",
    "owner_id": "text",
}
OWNER = {"id": "text", "name": "text"}
KEYS = tuple("abcdef")


def schema(
    key: tuple[str, ...] = ("id",), types: Mapping[str, str] = TYPES, *, aggregates: bool = True
) -> GraphQLSchema:
    """As the engine makes it for the public role."""
    columns = [column(name, of, not_null=name in {"id", "chain"}) for name, of in types.items()]
    owners = [column(name, of, not_null=name == "id") for name, of in OWNER.items()]
    allowed = [permission(allow_aggregations=aggregates)]
    owner = [manual("owner", "Owner", {"owner_id": "id"})] if "owner_id" in types else []
    back = [manual("items", "Item", {"id": "owner_id"})] if owner else []
    told = metadata(
        tracked("Item", object_relationships=owner, select_permissions=allowed),
        tracked("Owner", array_relationships=back, select_permissions=allowed),
    )
    over = catalog(relation("Item", *columns, key=key), relation("Owner", *owners))
    return role_schema(told, over, role="public").schema


def tables(key: tuple[str, ...] = ("id",), types: Mapping[str, str] = TYPES) -> Catalog:
    def table(name: str, of: Mapping[str, str], key: tuple[str, ...]) -> Table:
        return Table(
            name=name,
            columns=tuple(
                Column(
                    name=column,
                    type=f"_{kind[:-2]}" if kind.endswith("[]") else kind,
                    nullable=column not in {"id", "chain"},
                )
                for column, kind in of.items()
            ),
            key=key,
            estimate=9,
        )

    return Catalog(tables=(table("Item", types, key), table("Owner", OWNER, ("id",))))


def shape(name: str = "Item", key: tuple[str, ...] = ("id",), types: Mapping[str, str] = TYPES) -> Shape:
    over, of = tables(key, types), tables(key, types).table(name)
    ways = {"items": Declared(remote="Item", mapping=(("id", "owner_id"),), many=True)}
    assert of is not None
    found = shape_of(schema(key, types), of, over, ways if name == "Owner" else {})
    assert found is not None
    return found


def rows(**changes: Sequence[Any]) -> list[dict[str, Any]]:
    """Six rows, with NULL beside the empty text."""
    columns: dict[str, Sequence[Any]] = {
        "id": KEYS,
        "chain": (1, 1, 10, 10, 1, 10),
        "value": ("9", "10", "100.50", "-3", "10", None),
        "big": ("9007199254740993", "5", "7", "5", "-1", "0"),
        "score": ("0.5", "1e+20", "-2", "0.1", None, "0.2"),
        "note": ("", None, "Ab", "aB", "a%b", "x_y"),
        "open": (True, False, True, None, False, True),
        "at": tuple(f"2026-01-0{n}T00:00:00+00:00" for n in (3, 1, 2, 1, 5, 4)),
        "doc": ({"on": True, "k": 1}, {"k": None}, [1], "on", None, {"on": False}),
        "tags": (["a"], ["a", "b"], [], ["b"], None, ["c"]),
        "owner_id": ("o1", "o2", "o1", "gone", None, "o2"),
        "owner": ({"id": "o1"}, {"id": "o2"}, {"id": "o1"}, None, None, {"id": "o2"}),
        **changes,
    }
    return [{name: values[n] for name, values in columns.items()} for n in range(len(columns["id"]))]


def sample(of: Shape, held: Sequence[Mapping[str, Any]], places: Sequence[Place]) -> Sample:
    """The rows with the ranks that Postgres gives: numbers as such, `false` before `true`, texts as in C."""
    texts = [{place.name: _text(place, row) for place in places} for row in held]
    ranked = {}
    for place in places:
        if place.scalar.column.type != "jsonb":
            values = sorted({row[place.name] for row in texts} - {None}, key=lambda text: _sort(place, text))
            ranked[place.name] = {value: n + 1 for n, value in enumerate(values)}
    entries = tuple(
        Entry(
            row=row,
            texts=said,
            ranks={name: ranks.get(said[name], 99) for name, ranks in ranked.items()},
        )
        for row, said in zip(held, texts, strict=True)
    )
    return Sample(shape=of, entries=entries, places=tuple(places), ranked=ranked)


def _text(place: Place, row: Mapping[str, Any]) -> str | None:
    if place.way is not None:
        other = row[place.way.field]
        return None if other is None else other.get(place.scalar.field, f"of {other['id']}")
    value = row[place.scalar.field]
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _sort(place: Place, text: str | None) -> Any:
    numbers = {"int4", "int8", "numeric", "float8"}
    return float(text or 0) if place.scalar.column.type in numbers else text


def subject(held: Sequence[Mapping[str, Any]] | None = None, seed: int = 1) -> Subject:
    of, draw = shape(), random.Random(seed)
    found = sample(of, rows() if held is None else held, places_of(of, draw))
    return Subject(sample=found, offer=Offer(schema=schema(), name="Item"), draw=draw)


def plan(
    held: Sequence[Mapping[str, Any]] | None = None,
    *,
    key: tuple[str, ...] = ("id",),
    types: Mapping[str, str] = TYPES,
    seed: int = 1,
    offered: GraphQLSchema | None = None,
) -> Plan:
    of, draw = shape(key=key, types=types), random.Random(seed)
    found = sample(of, rows() if held is None else held, places_of(of, draw))
    selection = Selection(shape=of, forms={}, ways=())
    drawn = Drawn(selection=selection, places=found.places, ordered=frozenset(), keys=())
    made = plan_of(drawn, found, Offer(schema=offered or schema(key, types), name="Item"), draw)
    assert made is not None
    return made
