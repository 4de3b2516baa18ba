"""What the candidate holds by itself: its entities with their columns, and the events it has received."""

from collections.abc import Mapping
from dataclasses import dataclass

from gate.observations.unobserved import Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityHolding:
    """One entity as its table is; `chained` says that its rows name their chain, in a column or their key.

    `unseen` is why nobody can look at its rows, wherever they are.
    """

    entity: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    chained: bool
    unseen: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Holdings:
    """Every entity of the candidate's database, and the chains of the belt."""

    chains: tuple[int, ...]
    entities: tuple[EntityHolding, ...]


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class EventKind:
    """One event of one contract on one chain, as a belt has received it; the address is in lower case."""

    chain: int
    contract: str
    address: str
    event: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Footprint:
    """The events that the candidate has received, and how many of each; those of the serving belt.

    `parity` says that nobody looked, because nothing may be new. `serving` is empty where nothing serves yet.
    """

    candidate: Mapping[EventKind, int]
    serving: frozenset[EventKind] | Unobserved = frozenset()
    parity: bool = False
