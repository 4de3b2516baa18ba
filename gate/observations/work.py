"""How much there is to read on one belt, and how fast."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """The rows by Postgres' own estimate, and how many a second a sample of the largest table was read at."""

    rows: int
    rate: float

    @property
    def seconds(self) -> float:
        """How long it takes to read all of them once."""
        return self.rows / self.rate if self.rate > 0 else 0.0
