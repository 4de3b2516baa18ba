"""What the candidate's GraphQL returns to consumers, compared with its own database."""

from dataclasses import dataclass
from datetime import datetime

from gate.observations.constructs import ConstructsSeen
from gate.observations.rows import Kind
from gate.observations.unobserved import NOT_LOOKED, Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class Unlike:
    """One field of one row, in the database and from GraphQL, as JSON."""

    field: str
    held: str
    given: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RowUnlike:
    """One row that GraphQL does not return as the database holds it.

    `MISSING` is held and not returned, `EXTRA` is returned and not held. `often` says in how many looks, if
    others were right.
    """

    kind: Kind
    key: str
    values: tuple[Unlike, ...] = ()
    often: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """One question that the database and GraphQL answer differently, in some or all looks."""

    asked: str
    held: str
    given: str
    often: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListServed:
    """The list of one entity as one role receives it.

    `held` rows are in the database, `read` of them were compared; `whole` means that these are all that the
    policy asks for. `unlike` is how many differed in three looks, `rows` are the first of them. `asked` is
    the number of other questions: by key, by filter, in order, aggregates. `uneven` is what the database puts
    between the table and a reader. `unfollowed` are fields whose target is unknown. `before` is when all that
    the policy asks for was read through the same door: now only the rows written `since` were, and a sample.
    `unsettled` are questions whose answer changed in every look. `constructs` are the answers to questions in
    other forms.
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
        """True if nothing is wrong or undecided."""
        faults = self.unlike, self.wrong, self.uneven, self.unfollowed, self.restless, self.unsettled
        if any(faults) or isinstance(self.constructs, Unobserved) or not self.constructs.clean:
            return False
        return self.read > 0 or not self.held

    @property
    def short(self) -> bool:
        """True if something was skipped because the door is unchanged since a moment ago."""
        skipped = isinstance(self.constructs, ConstructsSeen) and self.constructs.before is not None
        return self.before is not None or skipped


@dataclass(frozen=True, kw_only=True, slots=True)
class ListUnread:
    """The list of one entity that a role could not read, or the gate could not compare."""

    entity: str
    role: str
    why: Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class ListAbsent:
    """An entity that a role does not receive. `today` tells whether the serving belt returns it.

    It is `None` if no belt serves, and for the public role, whose schemas are compared elsewhere.
    `internal` means that the belt's own schema hides it from all roles.
    """

    entity: str
    role: str
    today: bool | Unobserved | None = None
    internal: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Stranger:
    """An entity that a role receives but that is no table of the belt's database."""

    entity: str
    role: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ViewServed:
    """The belt's progress in one of Envio's views."""

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
    """Every entity, as every role of consumers receives it, and the views of the chains."""

    lists: tuple[ListSeen, ...]
    views: tuple[ViewServed | ViewUnread, ...]
