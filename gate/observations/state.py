"""What one belt held at one height, and what another one holds of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from gate.observations.progress import Progress
from gate.observations.rows import Basis, EntityAbsent, EntityUnread


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The columns of an entity that say where its rows belong; `keyed` means that its keys do."""

    chain: str | None = None
    block: str | None = None
    timestamp: str | None = None
    keyed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Bucket:
    """Some rows of a group, selected by a hash of their keys, with the sums of key and of row hashes."""

    number: int
    keys: str
    rows: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupState:
    """The rows of one entity on one chain: their number, and one number for all their contents.

    `chain` is None if rows name none. `fingerprint` is None if a height does not determine their contents.
    `buckets` are recorded for rows that are restored from a history, which may lose some of them.
    """

    chain: str | None
    rows: int
    fingerprint: str | None
    buckets: tuple[Bucket, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityState:
    """One entity at its heights. `columns` are those that were hashed, each with its kind.

    `until` maps chains to the time up to which rows count that are compared by timestamp.
    """

    entity: str
    basis: Basis
    place: Place
    key: tuple[str, ...]
    columns: Mapping[str, str]
    heights: Mapping[int, int]
    until: Mapping[int, int] | None
    groups: tuple[GroupState, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class BeltState:
    """Every entity of one belt, and its progress when it was read."""

    progress: Progress
    entities: tuple[EntityState, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupHeld:
    """One chain of one entity, then and now; `alike` is None if undecided.

    `past` is the number of rows that exist by key, although the history of some no longer shows their state.
    """

    chain: str | None
    then: int
    now: int
    alike: bool | None
    past: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityHeld:
    """One entity as it was recorded, and as the candidate holds it.

    `later` says why the candidate's rows could only be counted as they are now, and not as they were at the
    height; empty if they could. `doubt` says why unequal rows prove nothing. `columns` are those that were
    recorded and exist, `chains` those whose number of rows was known; `chained` means that rows name their
    chain.
    """

    entity: str
    basis: Basis
    groups: tuple[GroupHeld, ...]
    absent_columns: tuple[str, ...] = ()
    later: str = ""
    doubt: str = ""
    columns: tuple[str, ...] = ()
    chains: tuple[int, ...] = ()
    chained: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """Every entity that was recorded."""

    entities: tuple[EntityHeld | EntityUnread | EntityAbsent, ...]
