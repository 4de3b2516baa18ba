"""What the alias serves now."""

from dataclasses import dataclass

from gate.observations.progress import Progress


@dataclass(frozen=True, kw_only=True, slots=True)
class AliasSeen:
    """The alias as a consumer sees it; `belt` is the name that the gateway adds to its answers."""

    progress: Progress
    belt: str | None = None
