"""How the rows of one entity are compared."""

from dataclasses import dataclass
from enum import StrEnum


class Compare(StrEnum):
    """By what two belts at different heights are brought to one height."""

    AT_BLOCK = "atBlock"
    BY_TIMESTAMP = "byTimestamp"
    BY_STATE = "byState"


@dataclass(frozen=True, kw_only=True, slots=True)
class MayDiffer:
    """Columns that the candidate's new contracts rightly change, and why; all that differs is listed."""

    columns: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityPolicy:
    """What the policy says about one entity; what is `None` is detected and shown.

    `floor` is how many rows fewer than the serving belt the candidate may hold, on each shared chain.
    """

    name: str
    compare: Compare | None = None
    chain: str | None = None
    block: str | None = None
    timestamp: str | None = None
    floor: int = 0
    may_differ: tuple[MayDiffer, ...] = ()
