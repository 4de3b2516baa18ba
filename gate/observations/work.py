"""How much there is to read on one belt, and how fast its rows can be read."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """Rows by Postgres' own estimate, and how many a second were read of the largest table, as a sample."""

    rows: int
    rate: float

    @property
    def seconds(self) -> float:
        """How long it takes to read all of them once."""
        return self.rows / self.rate if self.rate > 0 else 0.0
