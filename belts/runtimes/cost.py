"""What belts cost, in decimals that are exact except for divisions; only words are rounded.

For anything unknown the highest cost is assumed: a belt of unknown age counts for a whole month.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from belts.spec.budget import A_MONTH_HOURS, Budget

MONTH = Decimal(A_MONTH_HOURS)
MB_OF_A_GB, BYTES_OF_A_GB = Decimal(1024), Decimal(1000**3)
MICROSECONDS_OF_AN_HOUR = Decimal(3_600_000_000)
CENT, MILLE = Decimal("0.01"), Decimal("0.001")


@dataclass(frozen=True, kw_only=True, slots=True)
class Alive:
    """One belt as its place reports it: its budget and size, when it was created, and who needs it.

    `held` describes why it may not be removed yet.
    """

    name: str
    budget: Budget
    memory_mb: int
    disk_bytes: int = 0
    born: datetime | None = None
    serves: bool = False
    held: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Census:
    """The belts of one place, and descriptions of those whose cost is unknown."""

    alive: tuple[Alive, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """The limits for all belts of a place: no stack can allow itself more than another one allows."""

    ceiling: Decimal
    siblings: int
    window: Decimal

    @classmethod
    def of(cls, belts: Iterable[Alive]) -> "Limits":
        """The tightest limits of all belts; there must be at least one belt."""
        budgets = [belt.budget for belt in belts]
        return cls(
            ceiling=min(budget.ceiling for budget in budgets),
            siblings=min(budget.siblings for budget in budgets),
            window=Decimal(max(budget.window_hours for budget in budgets)),
        )


def hourly(belt: Alive) -> Decimal:
    """What a belt costs per hour: as declared, or for the disk that it really takes if that is more."""
    prices = belt.budget
    disk = max(prices.disk_gb, Decimal(belt.disk_bytes) / BYTES_OF_A_GB)
    return (
        prices.vcpus * prices.per_vcpu_hour
        + Decimal(belt.memory_mb) / MB_OF_A_GB * prices.per_gb_hour
        + disk * prices.per_gb_month / MONTH
    )


def monthly(belt: Alive) -> Decimal:
    """What a belt costs in a whole month."""
    return hourly(belt) * MONTH


def lived(belt: Alive, now: datetime) -> Decimal | None:
    """How many hours a belt has lived; None if that is unknown, or if it was born in the future."""
    if belt.born is None or belt.born > now:
        return None
    return Decimal((now - belt.born) // timedelta(microseconds=1)) / MICROSECONDS_OF_AN_HOUR


def projected(belts: Iterable[Alive], now: datetime, *, window: Decimal) -> Decimal:
    """What a month costs: all of it for a serving belt; for others, the hours lived plus the window."""
    return sum((hourly(belt) * _counted(belt, now, window) for belt in belts), Decimal(0))


def beside(belts: Sequence[Alive]) -> tuple[Alive, ...]:
    """The belts alive beside the serving ones; if none serves, beside the oldest."""
    if serving := [belt for belt in belts if belt.serves]:
        return tuple(belt for belt in belts if belt not in serving)
    born = [belt.born for belt in belts if belt.born is not None]
    first = next((belt for belt in belts if not born or belt.born == min(born)), None)
    return tuple(belt for belt in belts if belt is not first)


def so_far(belts: Sequence[Alive], now: datetime) -> Decimal | None:
    """What the window has cost: each further belt since both existed; None if that is unknown."""
    further = beside(belts)
    hours = [lived(belt, now) for belt in belts if belt not in further]
    first = [hour for hour in hours if hour is not None]
    total = Decimal(0)
    for belt in further:
        own = lived(belt, now)
        if own is None or len(first) < len(hours):
            return None
        total += hourly(belt) * min([own, *first])
    return total


def retirable(belts: Iterable[Alive]) -> tuple[Alive, ...]:
    """The belts that serve nobody and that nothing holds, most expensive first."""
    free = (one for one in belts if not one.held and not one.serves)
    return tuple(sorted(free, key=lambda one: (-hourly(one), one.name)))


def cents(amount: Decimal) -> str:
    """`58.40`."""
    return f"{amount.quantize(CENT, ROUND_HALF_UP):,f}"


def an_hour(amount: Decimal) -> str:
    """`0.074`: an hour of a belt costs less than a cent."""
    return f"{amount.quantize(MILLE, ROUND_HALF_UP):,f}"


def _counted(belt: Alive, now: datetime, window: Decimal) -> Decimal:
    hours = lived(belt, now)
    return MONTH if belt.serves or hours is None else min(MONTH, hours + window)
