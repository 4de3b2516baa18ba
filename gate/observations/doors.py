"""Both doors of one belt at one moment: heights in GraphQL, and those of its database around it."""

from dataclasses import dataclass

from gate.observations.dial import Between
from gate.observations.progress import Progress


@dataclass(frozen=True, kw_only=True, slots=True)
class DoorsSeen:
    """The heights that GraphQL showed, and those of the database right before and right after."""

    shown: Progress
    rows: Between

    @property
    def beyond(self) -> dict[int, int]:
        """By how many blocks each chain was outside of the database's range."""
        found = {}
        for row in self.shown.chains:
            height, (least, most) = row.height or -1, self.rows.span(row.chain)
            if height < least or height > most:
                found[row.chain] = least - height if height < least else height - most
        return found
