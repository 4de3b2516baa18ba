"""What the alias serves at the moment."""

from dataclasses import dataclass

from gate.observations.progress import Progress


@dataclass(frozen=True, kw_only=True, slots=True)
class AliasSeen:
    """The alias, asked as a consumer asks; `belt` is the name that the gateway puts on its answers."""

    progress: Progress
    belt: str | None = None
