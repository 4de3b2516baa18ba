"""What the tests of each group took: what takes longest is to be begun first, and looked at first."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

SHOWN = 12
"""Groups that are listed: the rest together takes less than one of them."""
LEAST_SECONDS = 60.0
"""A run that is shorter says nothing of this."""


def by_group(reports: Iterable[Any], group: Callable[[str], str]) -> Counter[str]:
    """The seconds of every group, with what its fixtures took."""
    taken: Counter[str] = Counter()
    for report in reports:
        nodeid, seconds = getattr(report, "nodeid", ""), getattr(report, "duration", None)
        if nodeid and seconds is not None:
            taken[group(nodeid.partition("::")[0])] += seconds
    return taken


def summary(taken: Counter[str], write: Callable[[str], None]) -> None:
    """The longest of them, a line each."""
    if taken.total() < LEAST_SECONDS:
        return
    write(f"{taken.total():.0f} s of tests, by what one worker does in one go:")
    for name, seconds in taken.most_common(SHOWN):
        write(f"{seconds:7.0f} s  {name}")
