"""How many rows both belts have of every entity, at one height, through whichever door could be used."""

from dataclasses import dataclass

from gate.claims import Access
from gate.observations.rows import EntityAbsent, EntityUnread, Group


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityCounts:
    """One entity. `traced` rows of the candidate come from contracts that are new in it."""

    entity: str
    basis: str
    reason: str
    groups: tuple[Group, ...]
    traced: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """Every entity of the serving belt. `young` are chains of which nothing can be counted yet."""

    door: Access
    entities: tuple[EntityCounts | EntityUnread | EntityAbsent, ...]
    young: tuple[str, ...] = ()
