"""How much disk space a place has left for its belts, and when that is too little."""

from dataclasses import dataclass

GB = 1000**3
LEAST_BYTES = 2 * GB
"""Less than this is too little: Postgres alone may write 1 GB ahead."""
SOON_DAYS = 7.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Disk:
    """Disk space; `days` until it is full at the recent rate, None if unknown or if it does not fill."""

    free: int
    size: int
    days: float | None = None

    @property
    def short(self) -> bool:
        """Whether somebody has to act on it."""
        return self.free < LEAST_BYTES or (self.days is not None and self.days < SOON_DAYS)

    def words(self) -> str:
        """The space in words, for people."""
        left = f"{gigabytes(self.free)} of {gigabytes(self.size)} free"
        return left if self.days is None else f"{left}, and full in about {_time(self.days)}"


def gigabytes(number: int) -> str:
    """`0.4 GB`, `77.0 GB`."""
    return f"{number / GB:,.1f} GB"


def _time(days: float) -> str:
    return f"{days:,.0f} days" if days >= 2 else f"{days * 24:,.0f} hours"
