"""The belts that are alive beside the candidate, as its place reports them."""

from dataclasses import dataclass

from belts.runtimes.cost import Census


@dataclass(frozen=True, kw_only=True, slots=True)
class Siblings:
    """All belts of the place, and its names for the candidate and the serving belt."""

    census: Census
    candidate: str
    serving: str | None = None
