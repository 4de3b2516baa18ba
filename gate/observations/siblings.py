"""The belts that are alive beside the candidate, as the place says where they run."""

from dataclasses import dataclass

from belts.runtimes.cost import Census


@dataclass(frozen=True, kw_only=True, slots=True)
class Siblings:
    """All belts of the place, and by which names it knows the candidate and the serving belt."""

    census: Census
    candidate: str
    serving: str | None = None
