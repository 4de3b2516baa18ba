"""What the operator knowingly gives up: each names the exact thing, a reason, and a day on which it ends."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiver:
    """The reason and the last day of every waiver."""

    reason: str
    expires: date

    def holds(self, at: datetime) -> bool:
        """True up to the end of its last day, in UTC."""
        return at.date() <= self.expires

    @property
    def ends(self) -> datetime:
        """The last second of its last day."""
        return datetime.combine(self.expires, time(23, 59, 59), UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class SchemaWaiver(Waiver):
    """One planned break, in the very words in which the report names it."""

    change: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DataWaiver(Waiver):
    """Columns of one entity that a corrected handler writes differently, within a range of blocks."""

    entity: str
    columns: tuple[str, ...]
    chain: int | None = None
    first_block: int = 0
    last_block: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LostWaiver(Waiver):
    """Rows of one entity that the serving belt lost on one chain: only those that the chain holds as logs."""

    entity: str
    chain: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainWaiver(Waiver):
    """A chain that the serving belt has and the candidate gives up."""

    chain: int


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityWaiver(Waiver):
    """An entity that the serving belt has and the candidate gives up."""

    entity: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Recovery(Waiver):
    """A serving belt that is dead: what needs it is decided by what its last certificate remembers of it.

    A `stalled` one answers and does not go on: what cannot be compared with it is decided like that.
    """

    belt: str
    stalled: bool = False

    @property
    def what(self) -> str:
        """What has become of the belt."""
        return "stalled" if self.stalled else "dead"


@dataclass(frozen=True, kw_only=True, slots=True)
class Waivers:
    """All waivers of a policy, by kind."""

    schema: tuple[SchemaWaiver, ...] = ()
    data: tuple[DataWaiver, ...] = ()
    lost: tuple[LostWaiver, ...] = ()
    chains: tuple[ChainWaiver, ...] = ()
    entities: tuple[EntityWaiver, ...] = ()

    def break_ends(self, at: datetime) -> datetime | None:
        """When the last planned break ends that consumers can notice; None where none is in force."""
        return max((each.ends for each in (*self.schema, *self.entities) if each.holds(at)), default=None)


NO_WAIVERS = Waivers()


@dataclass(frozen=True, kw_only=True, slots=True)
class Acceptance:
    """A part of a claim that the operator accepts undecided, by its path, such as `distinct.database`."""

    part: str
    reason: str
