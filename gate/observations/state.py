"""What one belt held at one height, and what another is seen to hold of the same."""

from collections.abc import Mapping
from dataclasses import dataclass

from gate.observations.progress import Progress
from gate.observations.rows import Basis, EntityAbsent, EntityUnread


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Which columns of an entity say where its rows belong; `keyed` as in its keys."""

    chain: str | None = None
    block: str | None = None
    timestamp: str | None = None
    keyed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Bucket:
    """Some rows of a group, by a hash of their keys: the sum of the keys' hashes, and of the rows'."""

    number: int
    keys: str
    rows: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupState:
    """The rows of one entity on one chain: how many, and one number for all that they hold.

    `chain` is None where rows name none. `fingerprint` is None where what the rows hold is not settled by a
    height. `buckets` are remembered of rows that are read back from a history, which may lose some of them.
    """

    chain: str | None
    rows: int
    fingerprint: str | None
    buckets: tuple[Bucket, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityState:
    """One entity at its heights. `columns` are those that were hashed, each with its kind.

    `until` are the seconds of every chain up to which rows count that are compared by timestamp.
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
    """Every entity of one belt, and how far it had come when it was looked at."""

    progress: Progress
    entities: tuple[EntityState, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupHeld:
    """One chain of one entity, then and now; `alike` is None where nobody can tell.

    `past` are rows that are there by their keys: of some of them no history says any more what they were.
    """

    chain: str | None
    then: int
    now: int
    alike: bool | None
    past: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityHeld:
    """One entity as it was remembered, and as the candidate holds it.

    `later` says why the candidate's rows could only be counted as they are now, and not as they were at the
    height; empty where they were. `doubt` says why unequal rows prove nothing. `columns` are those that were
    remembered and are there, `chains` those of which it is known how many rows they had; `chained` says that
    rows name their chain.
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
    """Every entity that was remembered."""

    entities: tuple[EntityHeld | EntityUnread | EntityAbsent, ...]
