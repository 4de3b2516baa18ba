"""A time span, as a policy writes it and as a report shows it."""

import re
from datetime import timedelta

UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
SHOWN = (("d", 86400), ("h", 3600), ("m", 60))
SHORTEST = 4
"""Of a larger unit there have to be so many before it is shown: 48h says more than 2d."""


def read(text: str) -> timedelta | None:
    """A span such as `90s`, `30m`, `48h` or `2d`; `None` where the text is none."""
    match = re.fullmatch(r"(\d+)(ms|s|m|h|d)", text)
    return None if match is None else timedelta(seconds=int(match[1]) * UNITS[match[2]])


def shown(span: timedelta) -> str:
    """The span in the largest unit that holds it without a rest, as a policy would write it."""
    milliseconds = span // timedelta(milliseconds=1)
    seconds, rest = divmod(milliseconds, 1000)
    if rest:
        return f"{milliseconds}ms"
    for unit, size in SHOWN:
        if seconds and seconds % size == 0 and (unit != "d" or seconds >= SHORTEST * size):
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def about(span: timedelta) -> str:
    """The span in whole units, the largest of which it holds two or more, as a sentence says it."""
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
