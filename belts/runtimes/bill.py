"""Descriptions of what belts cost: for previews, `status`, refusals and the gate."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from belts.runtimes import cost
from belts.runtimes.cost import Alive, Census, Limits, an_hour, cents


def of(belt: Alive) -> str:
    """What one belt costs, and for which resources."""
    prices = belt.budget
    disk = max(prices.disk_gb, Decimal(belt.disk_bytes) / cost.BYTES_OF_A_GB)
    return (
        f"{belt.name} costs {cents(cost.monthly(belt))} a month, {an_hour(cost.hourly(belt))} an hour:"
        f" {prices.vcpus:f} vCPUs, {Decimal(belt.memory_mb) / cost.MB_OF_A_GB:,.2f} GB of memory,"
        f" {disk:,.0f} GB of disk"
    )


def together(census: Census, now: datetime) -> Iterator[str]:
    """What all belts of a place cost, line by line: the window, and the projected month."""
    if not census.alive:
        return
    if further := cost.beside(census.alive):
        spent = cost.so_far(census.alive, now)
        names = ", ".join(belt.name for belt in further)
        first = ", ".join(belt.name for belt in census.alive if belt not in further)
        hour = an_hour(sum(map(cost.hourly, further), Decimal(0)))
        known = "nobody knows since when" if spent is None else f"{cents(spent)} so far"
        yield f"{names} beside {first}: {hour} an hour, {known}"
    limits = Limits.of(census.alive)
    month = cents(cost.projected(census.alive, now, window=limits.window))
    yield (
        f"projected: {month} of {cents(limits.ceiling)} a month, {len(census.alive) + len(census.unread)} of"
        f" {limits.siblings} belts"
    )
    for name in census.unread:
        yield f"nobody knows what {name} costs, and it is not reckoned with"


def each(census: Census, now: datetime, *, without: str = "") -> str:
    """Every belt with its cost, its age, and what it is needed for."""
    words = [_each(belt, now) for belt in census.alive if belt.name != without]
    return "; ".join(
        [*words, *(f"{name}, which cannot be read" for name in census.unread if name != without)]
    )


def retire(belts: Iterable[Alive], limit: str) -> str:
    """What to do if there is one belt too many, or if they cost too much."""
    goes = [
        f"{one.name} with `pulumi destroy --run-program --stack {one.name}`" for one in cost.retirable(belts)
    ]
    first = f"retire {' or '.join(goes)}" if goes else "wait until one of them has soaked, and retire it"
    return (
        f"{first}; or raise `budget.{limit}` in the stack of each belt: where they differ the tighter counts"
    )


def _each(belt: Alive, now: datetime) -> str:
    return ", ".join(
        [
            f"{belt.name} {cents(cost.monthly(belt))} a month",
            _age(belt, now),
            *(belt.held or (("it serves",) if belt.serves else ("nobody needs it",))),
        ]
    )


def _age(belt: Alive, now: datetime) -> str:
    lived = cost.lived(belt, now)
    return "of an unknown age" if lived is None else f"{lived:,.1f} hours old"
