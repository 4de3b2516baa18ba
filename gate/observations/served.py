"""What the candidate's GraphQL gives to consumers, beside what its own database holds."""

from dataclasses import dataclass
from datetime import datetime

from gate.observations.constructs import ConstructsSeen
from gate.observations.rows import Kind
from gate.observations.unobserved import NOT_LOOKED, Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class Unlike:
    """One field of one row, as the database holds it and as GraphQL gives it; both as JSON."""

    field: str
    held: str
    given: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RowUnlike:
    """One row that GraphQL does not give as the database holds it.

    `MISSING` is held and not given, `EXTRA` is given and not held. `often` says in how many looks, where it
    came as held in others.
    """

    kind: Kind
    key: str
    values: tuple[Unlike, ...] = ()
    often: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """One question that the database answers in one way, and GraphQL in another, in some or all looks."""

    asked: str
    held: str
    given: str
    often: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListServed:
    """The list of one entity as one role gets it.

    `held` rows are in the database, `read` of them were compared; `whole` says that these are all that the
    policy asks for. `unlike` is how many were not the same in three looks, `rows` are the first of them.
    `asked` counts the other questions: by key, by filter, in order, aggregates. `uneven` is what the database
    puts between the table and a reader. `unfollowed` are fields of which nobody knows where they lead.
    `before` is when all that the policy asks for was read through the same door: now only the rows `since`
    then were, and drawn ones. `unsettled` are questions whose answer changed in every look. `constructs` is
    how questions in other forms than these were answered.
    """

    entity: str
    role: str
    held: int
    read: int
    whole: bool
    unlike: int = 0
    rows: tuple[RowUnlike, ...] = ()
    asked: int = 0
    wrong: tuple[Wrong, ...] = ()
    uneven: tuple[str, ...] = ()
    unfollowed: tuple[str, ...] = ()
    restless: int = 0
    before: datetime | None = None
    since: int = 0
    unsettled: tuple[str, ...] = ()
    constructs: ConstructsSeen | Unobserved = NOT_LOOKED

    @property
    def clean(self) -> bool:
        """Whether nothing of it was wrong or left open."""
        faults = self.unlike, self.wrong, self.uneven, self.unfollowed, self.restless, self.unsettled
        if any(faults) or isinstance(self.constructs, Unobserved) or not self.constructs.clean:
            return False
        return self.read > 0 or not self.held

    @property
    def short(self) -> bool:
        """Whether something of it was left out because the door is that of a moment ago."""
        skipped = isinstance(self.constructs, ConstructsSeen) and self.constructs.before is not None
        return self.before is not None or skipped


@dataclass(frozen=True, kw_only=True, slots=True)
class ListUnread:
    """The list of one entity that a role could not read, or the gate not compare."""

    entity: str
    role: str
    why: Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class ListAbsent:
    """An entity of the database that a role does not get. `today` is whether the serving belt gives it.

    It is `None` where no belt serves, and for the public role, whose schemas are compared elsewhere.
    `internal` says that the belt's own schema hides it from all.
    """

    entity: str
    role: str
    today: bool | Unobserved | None = None
    internal: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Stranger:
    """An entity that a role gets, and that is no table of the belt's database."""

    entity: str
    role: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ViewServed:
    """What consumers are told of the belt's progress, in one of Envio's views."""

    view: str
    chains: int
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ViewUnread:
    """A view of the belt's progress that could not be compared."""

    view: str
    why: Unobserved


ListSeen = ListServed | ListUnread | ListAbsent | Stranger


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """Every entity, as every role gets it that consumers have; and what they are told of the chains."""

    lists: tuple[ListSeen, ...]
    views: tuple[ViewServed | ViewUnread, ...]
