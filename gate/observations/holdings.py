"""What the candidate itself holds: its entities with their columns, and the events it received."""

from collections.abc import Mapping
from dataclasses import dataclass

from gate.observations.unobserved import Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityHolding:
    """One entity as its table is; `chained` means that a column or the key of its rows names the chain.

    `unseen` says why its rows cannot be read.
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
    """One event of one contract on one chain, as a belt received it; the address is in lower case."""

    chain: int
    contract: str
    address: str
    event: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Footprint:
    """How many of each event the candidate received, and which ones the serving belt did.

    `parity` means that nothing was read, because nothing may be new. `serving` is empty if no belt serves.
    """

    candidate: Mapping[EventKind, int]
    serving: frozenset[EventKind] | Unobserved = frozenset()
    parity: bool = False
