"""What the gate proves: eleven claims, each made of named parts, and the access that each part needs."""

from dataclasses import dataclass
from enum import Enum, StrEnum


class Claim(StrEnum):
    """One thing that must be true of a candidate before it may serve; in the order of the report."""

    DISTINCT = "distinct"
    REACHABLE = "reachable"
    COMPLETE = "complete"
    HEIGHT = "height"
    COUNTS = "counts"
    CONTENT = "content"
    SOUND = "sound"
    SCHEMA = "schema"
    GROUND_TRUTH = "ground-truth"
    RUNTIME = "runtime"
    BUDGET = "budget"


class Access(Enum):
    """A kind of access that an operator may or may not be able to give to the gate."""

    GRAPHQL = "GraphQL"
    DATABASE = "database"
    RPC = "RPC"
    METRICS = "metrics"


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One separately decided part of a claim.

    `reads` names the fields of `Observations` that the part cannot be decided without: if any one of them is
    unobserved, the part never passes. `acceptable` parts may be accepted undecided, by name, in the policy;
    core parts never are. `without` says what is lost if the access is missing.
    """

    claim: Claim
    name: str
    sentence: str
    needs: frozenset[Access]
    reads: tuple[str, ...]
    acceptable: bool = False
    without: str = ""

    @property
    def path(self) -> str:
        """The name of the part in reports and policies, such as `distinct.database`."""
        return f"{self.claim}.{self.name}"
