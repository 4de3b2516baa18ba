"""What the candidate's GraphQL sends to subscribers, compared with its own database."""

from dataclasses import dataclass

from gate.observations.served import RowUnlike, Wrong
from gate.observations.unobserved import Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """A subscription field as one role receives it: an entity's live query, or its stream.

    `read` rows were compared, `rows` are those that differed in three looks. `asked` counts the questions
    other than lists of rows, `wrong` are those answered differently than by the database, and `unsettled`
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
    """What a role could not subscribe to. `today` tells whether it can on the serving belt."""

    field: str
    role: str
    why: Unobserved
    today: bool | Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class Unoffered:
    """What a role may query but not subscribe to. `today` tells whether it can on the serving belt.

    It is `None` if no belt serves, and for the public role, whose schemas are compared elsewhere.
    """

    field: str
    role: str
    today: bool | Unobserved | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pushed:
    """The progress of the chains as pushed to a lasting subscription.

    `times` counts the messages, `again` the reconnections after a break.
    """

    view: str
    times: int
    again: int = 0
    wrong: tuple[str, ...] = ()


FieldSeen = Followed | Unfollowed | Unoffered


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriptions:
    """All subscription fields, as every role of consumers receives them."""

    fields: tuple[FieldSeen, ...]
    progress: Pushed | Unobserved | None
    """`None` if there is no subscription to the belt's progress."""
