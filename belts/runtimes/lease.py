"""What a lease on a belt says: which gateway still needs the belt, what for, and until when.

A lease that cannot be read counts as held: if it is unknown whether a belt serves, it is taken to serve.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from belts.refusal import Refusal


class BeltGoing(Refusal):
    """The data of the belt is being removed, so it cannot serve."""

    def __init__(self, home: Path, *, anew: bool = False) -> None:
        """Name the belt, the reason (it is removed, or reseeded if `anew`), and the way back."""
        again = f"`pulumi up --stack {home.name}`"
        super().__init__(
            f"{home.name} cannot serve",
            expected="a belt that stays",
            seen="its seeding has begun, and has not come to its end" if anew else "its removal has begun",
            now=f"wait for {again}, or run it again, and for the belt to sync; else choose another belt"
            if anew
            else f"{again} brings it back, else choose another belt",
        )


class Holding(StrEnum):
    """What the gateway needs the belt for."""

    COMES = "comes to serve"
    """A move to it has begun; it serves once the alias is seen to have followed."""
    SERVES = "serves"
    SOAKS = "soaks"
    SERVED = "served last"
    """Its gateway ended at the moment in `until`; nothing holds the belt any more."""


OPEN = frozenset({Holding.COMES, Holding.SERVES})
"""Holdings that do not expire."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """One gateway's need of one belt; `until` is None for as long as the belt serves.

    `before` is what the gateway needed the belt for before it began to serve; it holds again if that is
    undone. `missed` is how long a soaking belt was not seen running and at the heads; that time does not
    count.
    """

    gateway: str
    holding: Holding
    until: datetime | None
    before: "Lease | None" = None
    missed: timedelta = timedelta()

    def held(self, now: datetime) -> bool:
        """Whether the lease still forbids to remove the belt."""
        return self.until is None or (self.holding is Holding.SOAKS and now < self.until + self.missed)

    def words(self, now: datetime) -> str:
        """What the belt is held for, and for how long."""
        if self.until is None:
            return f"it {self.holding} for {self.gateway}"
        left = timedelta(seconds=round((self.until + self.missed - now).total_seconds()))
        missed = f" ({self.missed} of it away from its heads)" if self.missed else ""
        return f"it {self.holding} for {self.gateway}, for {left} more{missed}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreadable:
    """A lease that cannot be read; it counts as held."""

    file: Path

    def held(self, _now: datetime) -> bool:
        """Always true: it cannot be known that it is not held."""
        return True

    def words(self, _now: datetime) -> str:
        """Names the unreadable file."""
        return f"its lease {self.file.name} cannot be read"
