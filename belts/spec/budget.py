"""A belt's resources and their prices, and the cost limit of all belts of one place together."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from belts.reading.kinds import Amount, Whole

A_MONTH_HOURS = 730
"""A twelfth of a year: the month that providers bill by."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """The prices of the belt's place, what it uses there, and the limits of all belts there.

    The default prices are not a provider's list prices: they are round figures by which a belt of four chains
    costs what the first users of Belts pay for one, 50 to 60 a month.
    """

    per_vcpu_hour: Annotated[
        Decimal,
        Amount(
            "what a vCPU costs an hour, in the currency of the ceiling. The prices that stand here are round "
            "figures and nobody's list prices: set those of your provider",
            live=True,
        ),
    ] = Decimal("0.022")
    per_gb_hour: Annotated[Decimal, Amount("what a GB of memory (1,024 MiB) costs an hour", live=True)] = (
        Decimal("0.003")
    )
    per_gb_month: Annotated[
        Decimal, Amount("what a GB of disk (10^9 bytes) costs a month of 730 hours", live=True)
    ] = Decimal("0.1")
    vcpus: Annotated[
        Decimal,
        Amount(
            "what the belt counts for in processors; nothing holds it to that",
            of="vCPUs",
            most=1_024,
            live=True,
        ),
    ] = Decimal(2)
    disk_gb: Annotated[
        Decimal,
        Amount(
            "the disk that the belt counts for; where its Postgres takes more, that counts",
            of="GB",
            live=True,
        ),
    ] = Decimal(20)
    ceiling: Annotated[
        Decimal,
        Amount(
            "what all belts of one `root` may cost a month: above it a further one is refused; where their "
            "stacks differ the lowest counts. See [what belts cost](budget.md)",
            most=1_000_000_000,
            live=True,
        ),
    ] = Decimal(100)
    siblings: Annotated[
        int,
        Whole(
            "how many belts of one `root` may be alive at once; where their stacks differ the lowest counts",
            of="belts",
            most=1_000,
            live=True,
        ),
    ] = 2
    window_hours: Annotated[
        int,
        Whole(
            "for how long a belt that does not serve is expected to live on from now, in what a month is "
            "projected to cost; where stacks differ the highest counts",
            of="hours",
            most=A_MONTH_HOURS,
            live=True,
        ),
    ] = 48
    idle_days: Annotated[
        int,
        Whole(
            "after how long `status` and the [audit](audit.md) name the belt as idle: it serves nobody, and "
            "nobody was seen to read it",
            of="days",
            most=3_650,
            live=True,
        ),
    ] = 7


BUDGET = Budget()
"""The budget of a belt whose stack sets none."""
