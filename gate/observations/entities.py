"""The entities that a schema offers: the lists of its query root, without Envio's own."""

from collections.abc import Mapping
from typing import Any

from belts.envio.release import is_internal

INTROSPECTION = "__"
DERIVED_SUFFIXES = ("_by_pk", "_aggregate", "_stream")


def entities_of(introspection: Mapping[str, Any]) -> frozenset[str]:
    """The names of the entities behind one introspection.

    Envio gives an entity, its list and its type the same name.
    """
    schema = introspection["__schema"]
    root = (schema.get("queryType") or {}).get("name")
    fields = next((kind["fields"] for kind in schema["types"] if kind["name"] == root), None) or ()
    return frozenset(field["name"] for field in fields if _is_entity(field))


def is_of_schema(name: str) -> bool:
    """True if a name may be declared by the belt's own schema."""
    return not is_internal(name) and not name.startswith(INTROSPECTION)


def _is_entity(field: Mapping[str, Any]) -> bool:
    """True if a field of the query root is the list of an entity."""
    name = field["name"]
    if not is_of_schema(name):
        return False
    kinds, kind = [], field["type"]
    while kind is not None:
        kinds.append(kind["kind"])
        last, kind = kind, kind.get("ofType")
    return "LIST" in kinds and last["kind"] == "OBJECT" and not name.endswith(DERIVED_SUFFIXES)
