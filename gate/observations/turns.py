"""The doors that consumers use, asked in turn, so that what they say of themselves belongs to one moment."""

from dataclasses import dataclass

from gate.observations.alias import AliasSeen
from gate.observations.progress import Progress
from gate.observations.unobserved import Unobserved


@dataclass(frozen=True, kw_only=True, slots=True)
class Turns:
    """The serving belt said the same before and after the others were asked: it was not started meanwhile.

    Without that, one belt that is started between two questions answers like two. Where nobody serves yet,
    only the candidate and the alias are asked.
    """

    serving: Progress | None
    candidate: Progress
    alias: AliasSeen | Unobserved
