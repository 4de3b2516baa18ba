"""The doors that consumers use, asked in turn, so that their answers belong to one moment."""

from dataclasses import dataclass

from gate.observations.alias import AliasSeen
from gate.observations.progress import Progress
from gate.observations.unobserved import Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class Turns:
    """The serving belt answered the same before and after the others: it did not restart in between.

    Without that, one belt that starts between two questions answers like two. If no belt serves yet, only the
    candidate and the alias are asked.
    """

    serving: Progress | None
    candidate: Progress
    alias: AliasSeen | Unobserved
