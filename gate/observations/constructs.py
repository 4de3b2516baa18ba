"""The candidate's answers to questions that use one construct of GraphQL each, about rows of an entity."""

from dataclasses import dataclass
from datetime import datetime

from gate.observations.unobserved import Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class Misanswered:
    """One question whose answer contradicts unchanged rows.

    `question` is all that a person needs to repeat it. `together` means that it is answered correctly alone,
    and wrong only beside others, which it then includes. `often` says in how many looks it was wrong, if it
    was right in others.
    """

    construct: str
    question: str
    held: str
    given: str
    together: bool = False
    often: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """One question that was refused in three looks. `today` tells whether the serving belt answers it."""

    construct: str
    question: str
    why: Unobserved
    today: bool | Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class ConstructsSeen:
    """All questions about some rows of one entity, asked as one role.

    `asked` is the number of questions, about `rows` rows. `unread` are constructs with an unanswered
    question, each with the reason. `restless` are those with a question whose answer changed in every look.
    `blunt` are those that make no difference for these rows. `before` is when all of this was asked through
    the same door, in which case nothing is asked now.
    """

    rows: int = 0
    asked: int = 0
    wrong: tuple[Misanswered, ...] = ()
    refused: tuple[Refused, ...] = ()
    unread: tuple[tuple[str, Unobserved], ...] = ()
    restless: tuple[str, ...] = ()
    blunt: tuple[str, ...] = ()
    before: datetime | None = None

    @property
    def right(self) -> bool:
        """True if nothing was wrong or refused; what the serving belt refuses as well does not count."""
        lost = [one for one in self.refused if one.today is not False]
        return not (self.wrong or lost or self.unread)

    @property
    def clean(self) -> bool:
        """True if it was right and nothing is undecided."""
        return self.right and not self.restless
