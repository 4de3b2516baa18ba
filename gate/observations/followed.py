"""What the candidate's GraphQL gives to subscribers, beside what its own database holds."""

from dataclasses import dataclass

from gate.observations.served import RowUnlike, Wrong
from gate.observations.unobserved import Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """A field of subscriptions as one role gets it: an entity's live query, or its stream.

    `read` rows were compared, `rows` are those that were not the same in three looks. `asked` counts the
    questions beside lists of rows, `wrong` are those with another answer than the database's, and `unsettled`
    those whose answer changed in every look.
    """

    field: str
    role: str
    read: int
    rows: tuple[RowUnlike, ...] = ()
    asked: int = 0
    wrong: tuple[Wrong, ...] = ()
    restless: int = 0
    unsettled: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Unfollowed:
    """What a role could not subscribe to. `today` is whether it can on the serving belt."""

    field: str
    role: str
    why: Unobserved
    today: bool | Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class Unoffered:
    """What a role may ask for, and not subscribe to. `today` is whether it can on the serving belt.

    It is `None` where no belt serves, and for the public role, whose schemas are compared elsewhere.
    """

    field: str
    role: str
    today: bool | Unobserved | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pushed:
    """What is told of the chains to whoever goes on listening.

    `times` is how often it was told, `again` how often a connection that broke off was opened anew.
    """

    view: str
    times: int
    again: int = 0
    wrong: tuple[str, ...] = ()


FieldSeen = Followed | Unfollowed | Unoffered


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriptions:
    """Every field of subscriptions, as every role gets it that consumers have."""

    fields: tuple[FieldSeen, ...]
    progress: Pushed | Unobserved | None
    """`None` where the belt's progress cannot be subscribed to, or nothing can."""
