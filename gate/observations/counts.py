"""The number of rows of every entity on both belts, at one height, through any usable door."""

from dataclasses import dataclass

from gate.claims import Access
from gate.observations.rows import Cut, EntityAbsent, EntityUnread, Group, Height


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityCounts:
    """One entity. `traced` rows of the candidate come from contracts that are new in it.

    If no row of the serving belt was counted, `uncut` is how many there are regardless of block and time.
    `placeless` are rows that are on none of the belts' chains, or have no block or time, if there are any.
    """

    entity: str
    basis: str
    reason: str
    groups: tuple[Group, ...]
    traced: int = 0
    cut: Cut | None = None
    uncut: tuple[Group, ...] = ()
    placeless: Group | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """Every entity of the serving belt, and the heights at which they were counted.

    `young` are chains of which nothing can be counted yet.
    """

    door: Access
    entities: tuple[EntityCounts | EntityUnread | EntityAbsent, ...]
    heights: tuple[Height, ...] = ()
    young: tuple[str, ...] = ()
