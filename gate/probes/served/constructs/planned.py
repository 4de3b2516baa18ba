"""The questions about one entity."""

from dataclasses import dataclass
from typing import Any

from gate.probes.served.constructs.case import Case
from gate.probes.served.constructs.drawing import Drawn


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The questions about an entity, the rows that they are about, and their filter in GraphQL."""

    drawn: Drawn
    type: str
    base: Any
    cases: tuple[Case, ...]
    rows: int
    blunt: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The entity."""
        return self.drawn.shape.name
