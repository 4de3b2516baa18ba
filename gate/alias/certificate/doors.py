"""The part of a certificate about a belt's GraphQL besides its schema: forms of values, and metadata."""

from collections.abc import Mapping
from typing import Any

from gate.observations import FormsSeen, MetadataSeen, Unobserved
from gate.observations.forms import Form, ListForms
from gate.observations.metadata import Declared, Permission, Tracked


def forms_out(forms: FormsSeen | Unobserved) -> dict[str, Any] | None:
    """The ledger's form; lists that were not seen are left out."""
    if isinstance(forms, Unobserved):
        return None
    return {
        name: {field: [kind, form.value] for field, (kind, form) in found.fields.items()}
        for name, found in forms.lists.items()
        if isinstance(found, ListForms)
    }


def forms_in(kept: Mapping[str, Any]) -> FormsSeen:
    """Parses what `forms_out` returned."""
    return FormsSeen(
        lists={
            str(name): ListForms(
                fields={str(field): (str(kind), Form(form)) for field, (kind, form) in found.items()}
            )
            for name, found in kept.items()
        }
    )


def metadata_out(metadata: MetadataSeen | Unobserved) -> dict[str, Any] | None:
    """The ledger's form."""
    if isinstance(metadata, Unobserved):
        return None
    return {"more": list(metadata.more), "tables": [_table_out(table) for table in metadata.tables]}


def metadata_in(kept: Mapping[str, Any]) -> MetadataSeen:
    """Parses what `metadata_out` returned."""
    return MetadataSeen(
        tables=tuple(map(_table_in, kept["tables"])), more=tuple(str(each) for each in kept["more"])
    )


def _table_out(table: Tracked) -> dict[str, Any]:
    return {
        "name": table.name,
        "source": table.source,
        "schema": table.schema,
        "table": table.table,
        "columns": dict(table.columns),
        "roots": dict(table.roots),
        "more": list(table.more),
        "relationships": {
            name: {"remote": way.remote, "schema": way.schema, "many": way.many, "mapping": list(way.mapping)}
            for name, way in table.relationships.items()
        },
        "permissions": {
            role: {
                "columns": _listed(right.columns),
                "filter": dict(right.filter),
                "limit": right.limit,
                "aggregates": right.aggregates,
                "roots": _listed(right.roots),
                "subscriptions": _listed(right.subscriptions),
            }
            for role, right in table.permissions.items()
        },
    }


def _table_in(kept: Mapping[str, Any]) -> Tracked:
    return Tracked(
        name=str(kept["name"]),
        source=str(kept["source"]),
        schema=str(kept["schema"]),
        table=str(kept["table"]),
        columns=tuple(sorted(kept["columns"].items())),
        roots=tuple(sorted(kept["roots"].items())),
        more=tuple(map(str, kept["more"])),
        relationships={
            str(name): Declared(
                remote=way["remote"],
                schema=way["schema"],
                many=way["many"],
                mapping=tuple((str(ours), str(theirs)) for ours, theirs in way["mapping"]),
            )
            for name, way in kept["relationships"].items()
        },
        permissions={
            str(role): Permission(
                columns=_tuple(right["columns"]),
                filter=right["filter"],
                limit=right["limit"],
                aggregates=right["aggregates"],
                roots=_tuple(right["roots"]),
                subscriptions=_tuple(right["subscriptions"]),
            )
            for role, right in kept["permissions"].items()
        },
    )


def _listed(names: tuple[str, ...] | None) -> list[str] | None:
    return None if names is None else list(names)


def _tuple(names: Any) -> tuple[str, ...] | None:
    return None if names is None else tuple(map(str, names))
