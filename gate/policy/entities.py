"""How the rows of one entity are compared."""

from dataclasses import dataclass
from enum import StrEnum

from gate.policy.across import AcrossChains


class Compare(StrEnum):
    """How two belts at different heights are brought to one height."""

    AT_BLOCK = "atBlock"
    BY_TIMESTAMP = "byTimestamp"
    BY_STATE = "byState"


@dataclass(frozen=True, kw_only=True, slots=True)
class MayDiffer:
    """Columns that the candidate's new contracts may change, and why; all that differs is listed.

    They may differ in the rows of the named `chains`; without one, in the rows that the events of new
    contracts write, by the `rowId` of their ground truth. Extra rows are not covered.
    """

    columns: tuple[str, ...]
    reason: str
    chains: tuple[int, ...] = ()

    @property
    def where(self) -> str:
        """Describes the rows."""
        if not self.chains:
            return "where events of new contracts write"
        return f"on chain {', '.join(map(str, self.chains))}"


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityPolicy:
    """The policy's settings for one entity; `None` is detected and reported.

    `floor` is how many rows fewer than the serving belt the candidate may hold, on each shared chain.
    """

    name: str
    compare: Compare | None = None
    chain: str | None = None
    block: str | None = None
    timestamp: str | None = None
    floor: int = 0
    may_differ: tuple[MayDiffer, ...] = ()
    across: AcrossChains | None = None

    @property
    def overrides(self) -> str:
        """The settings that override what the gate would detect."""
        said = {
            "compare": self.compare,
            "chain": self.chain,
            "block": self.block,
            "timestamp": self.timestamp,
        }
        return ", ".join(f"{key} {value}" for key, value in said.items() if value is not None)
