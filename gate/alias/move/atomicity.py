"""How atomic a move of an alias that lives elsewhere was, in two figures."""

from dataclasses import dataclass
from datetime import timedelta

from gate.amounts import amount


@dataclass(frozen=True, kw_only=True, slots=True)
class Atomicity:
    """For how long both belts answered, and how many of the requests failed meanwhile.

    `mixed` is None where the answers do not tell the belts apart, so that nobody can tell.
    """

    asked: int
    failed: int
    mixed: timedelta | None

    @property
    def words(self) -> str:
        """As the report and the ledger have it."""
        both = (
            "nobody can tell for how long both belts answered"
            if self.mixed is None
            else f"both belts answered for {self.mixed.total_seconds():.2f} s"
        )
        return f"{both}, {self.failed} of {amount(self.asked, 'request')} failed meanwhile"
