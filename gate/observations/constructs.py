"""How the candidate answers questions that use one construct of GraphQL each, for some rows of an entity."""

from dataclasses import dataclass
from datetime import datetime

from gate.observations.unobserved import Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class Misanswered:
    """One question that was answered otherwise than the rows say, of rows that stood still.

    `question` is all that a person needs to repeat it. `together` says that it is answered rightly alone, and
    wrong only beside others in one request: then they are in it. `often` says in how many looks it was wrong,
    where it was right in others.
    """

    construct: str
    question: str
    held: str
    given: str
    together: bool = False
    often: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """One question that was refused in three looks. `today` is whether the serving belt answers it."""

    construct: str
    question: str
    why: Unobserved
    today: bool | Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class ConstructsSeen:
    """All questions about some rows of one entity, as one role asks them.

    `asked` were put, about `rows` rows. `unread` are constructs of which a question got no answer, each with
    why. `restless` are those with a question whose answer changed in every look. `blunt` are those that these
    rows do not show: with and without them the answer is the same. `before` is when all of this was asked
    through the same door: then nothing is asked now.
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
        """Whether nothing of it was wrong or refused; what the serving belt refuses as well is neither."""
        lost = [one for one in self.refused if one.today is not False]
        return not (self.wrong or lost or self.unread)

    @property
    def clean(self) -> bool:
        """Whether it was right, and nothing was left open."""
        return self.right and not self.restless
