"""What a certificate records of its belt, so that the belt can be recovered after its death.

Stored in the ledger's row as plain JSON: chains and heights, rows and fingerprints of every entity, the
schema of each role, the lists' limits, the enums. Nothing in it is secret.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from gate.alias.certificate.doors import forms_in, forms_out, metadata_in, metadata_out
from gate.claims import Access
from gate.observations import EnumsSeen, FormsSeen, MetadataSeen, Progress, RowLimits, SchemaSeen, Unobserved
from gate.observations.graphql import RowLimit
from gate.observations.progress import ChainProgress
from gate.observations.rows import Basis
from gate.observations.state import BeltState, Bucket, EntityState, GroupState, Place
from gate.observations.unobserved import Cause
from gate.probes.database.marks import Mark
from gate.probes.database.transactions import Older

VERSION = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """One belt as it was when it was judged."""

    state: BeltState
    schema: SchemaSeen | Unobserved
    enums: EnumsSeen | Unobserved
    limits: RowLimits | Unobserved
    forms: FormsSeen | Unobserved
    metadata: MetadataSeen | Unobserved
    marks: Mapping[str, Mark]
    seconds: float
    """How long it took to read the rows."""


def encode(memory: Memory | Unobserved) -> dict[str, Any]:
    """The ledger's form."""
    if isinstance(memory, Unobserved):
        return {"version": VERSION, "unseen": memory.reason}
    schema = None if isinstance(memory.schema, Unobserved) else memory.schema
    limits = () if isinstance(memory.limits, Unobserved) else memory.limits.lists
    return {
        "version": VERSION,
        "chains": {str(row.chain): _chain_out(row) for row in memory.state.progress.chains},
        "entities": {entity.entity: _entity_out(entity) for entity in memory.state.entities},
        "schema": {
            role: dict(found)
            for role, found in (
                ("public", schema.public if schema else None),
                ("admin", schema.admin if schema else None),
            )
            if isinstance(found, Mapping)
        },
        "enums": None
        if isinstance(memory.enums, Unobserved)
        else [[name, list(values)] for name, values in memory.enums.types],
        "limits": {
            name: {"asked": limit.asked, "given": limit.given, "cut": limit.cut}
            for name, limit in limits
            if isinstance(limit, RowLimit)
        },
        "marks": {name: asdict(mark) for name, mark in memory.marks.items()},
        "seconds": memory.seconds,
        "forms": forms_out(memory.forms),
        "metadata": metadata_out(memory.metadata),
    }


def decode(kept: Any) -> Memory | Unobserved:
    """Parses the ledger's form; what is missing there was not seen."""
    version = kept.get("version") if isinstance(kept, Mapping) else None
    if isinstance(version, int) and version > VERSION:
        return _none(
            f"the last certificate is of version {version}, which `pulumi up` of a later release wrote; "
            "promote with that release"
        )
    if version != VERSION:
        return _none(
            f"the last certificate is of version {version}, which another release wrote; bring the belt that"
            " it is of up again, and promote with this release"
        )
    if "unseen" in kept:
        return _none(f"the last certificate remembers nothing: {kept['unseen']}")
    try:
        return _memory(kept)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return _none(f"what the last certificate remembers cannot be read ({type(error).__name__})")


def _none(reason: str) -> Unobserved:
    return Unobserved(reason=reason, cause=Cause.UNSUPPORTED)


def _memory(kept: Mapping[str, Any]) -> Memory:
    schema, enums, limits = kept["schema"], kept["enums"], kept["limits"]
    chains = tuple(_chain_in(int(chain), row) for chain, row in sorted(kept["chains"].items(), key=_first))
    return Memory(
        state=BeltState(
            progress=Progress(door=Access.DATABASE, chains=chains),
            entities=tuple(_entity_in(name, entity) for name, entity in sorted(kept["entities"].items())),
        ),
        schema=SchemaSeen(public=schema["public"], admin=schema.get("admin"))
        if "public" in schema
        else _none("the last certificate does not remember the schema"),
        enums=EnumsSeen(types=tuple((str(name), tuple(map(str, values))) for name, values in enums))
        if enums is not None
        else _none("the last certificate does not remember the enums"),
        limits=RowLimits(
            lists=tuple(
                (name, RowLimit(asked=int(one["asked"]), given=int(one["given"]), cut=bool(one["cut"])))
                for name, one in sorted(limits.items())
            )
        ),
        marks={str(name): _mark_in(mark) for name, mark in kept["marks"].items()},
        seconds=float(kept["seconds"]),
        forms=forms_in(kept["forms"])
        if kept["forms"] is not None
        else _none("the last certificate does not remember in which form values came"),
        metadata=metadata_in(kept["metadata"])
        if kept["metadata"] is not None
        else _none("the last certificate does not remember the engine's metadata"),
    )


def _mark_in(kept: Mapping[str, Any]) -> Mark:
    older = kept["older"]
    return Mark(**{**kept, "older": None if older is None else Older(**older)})


def _first(item: tuple[str, Any]) -> int:
    return int(item[0])


def _chain_out(row: ChainProgress) -> dict[str, Any]:
    return {
        "start": row.start_block,
        "height": row.height,
        "end": row.end_block,
        "caughtUpAt": row.caught_up_at.isoformat() if row.caught_up_at else None,
    }


def _chain_in(chain: int, row: Mapping[str, Any]) -> ChainProgress:
    caught_up = row["caughtUpAt"]
    return ChainProgress(
        chain=chain,
        start_block=int(row["start"]),
        height=None if row["height"] is None else int(row["height"]),
        end_block=None if row["end"] is None else int(row["end"]),
        caught_up_at=datetime.fromisoformat(caught_up) if caught_up else None,
    )


def _entity_out(entity: EntityState) -> dict[str, Any]:
    return {
        "basis": entity.basis.value,
        "place": {
            "chain": entity.place.chain,
            "block": entity.place.block,
            "timestamp": entity.place.timestamp,
            "keyed": entity.place.keyed,
        },
        "key": list(entity.key),
        "columns": dict(entity.columns),
        "heights": {str(chain): height for chain, height in sorted(entity.heights.items())},
        "until": None
        if entity.until is None
        else {str(chain): second for chain, second in sorted(entity.until.items())},
        "chains": [
            {
                "chain": group.chain,
                "rows": group.rows,
                "fingerprint": group.fingerprint,
                "buckets": [[bucket.number, bucket.keys, bucket.rows] for bucket in group.buckets],
            }
            for group in entity.groups
        ],
    }


def _entity_in(name: str, entity: Mapping[str, Any]) -> EntityState:
    return EntityState(
        entity=name,
        basis=Basis(entity["basis"]),
        place=Place(**entity["place"]),
        key=tuple(map(str, entity["key"])),
        columns={str(column): str(kind) for column, kind in entity["columns"].items()},
        heights={int(chain): int(height) for chain, height in entity["heights"].items()},
        until=None
        if entity["until"] is None
        else {int(chain): int(second) for chain, second in entity["until"].items()},
        groups=tuple(
            GroupState(
                chain=group["chain"],
                rows=int(group["rows"]),
                fingerprint=group["fingerprint"],
                buckets=tuple(
                    Bucket(number=int(number), keys=str(keys), rows=str(rows))
                    for number, keys, rows in group["buckets"]
                ),
            )
            for group in entity["chains"]
        ),
    )
