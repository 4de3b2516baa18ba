"""How fast a belt approaches the heads of its chains, as observed minute by minute."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from belts.files import read_json, write_private_json
from belts.runtimes.process.files.layout import Layout

KEPT = 15
"""How many looks are kept: older ones say little about the present pace."""
STALE_S = 600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One look: when, and for each chain not at its head yet, its block and the head's."""

    at: float
    chains: Mapping[int, tuple[int, int]]


def note(layout: Layout, look: Look) -> None:
    """Stores a look with the last ones; loses it if it cannot be written."""
    kept = (*looks(layout), look)[-KEPT:]
    told = [{"at": one.at, "chains": {str(c): list(seen) for c, seen in one.chains.items()}} for one in kept]
    with suppress(OSError):
        if layout.supervisor.is_dir():
            write_private_json(layout.pace, {"looks": told})


def looks(layout: Layout) -> tuple[Look, ...]:
    """The stored looks, newest last; none if the file cannot be read."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        told: dict[str, Any] = read_json(layout.pace) or {"looks": []}
        return tuple(
            Look(
                at=float(one["at"]), chains={int(c): (int(a), int(b)) for c, (a, b) in one["chains"].items()}
            )
            for one in told["looks"]
        )
    return ()


def words(layout: Layout, now: float | None = None) -> tuple[str, ...]:
    """A line for each chain that is not at its head yet; none if the last look is too old."""
    seen = looks(layout)
    moment = time.time() if now is None else now
    if not seen or not 0 <= moment - seen[-1].at <= STALE_S:
        return ()
    return tuple(f"{layout.belt}: {line}" for line in forecasts(seen))


def forecasts(seen: Sequence[Look]) -> Iterator[str]:
    """For each chain: the blocks left, the pace, and the remaining time at that pace."""
    last = seen[-1]
    for chain, (at, head) in sorted(last.chains.items()):
        left, begun = max(0, head - at), _begun(seen, chain)
        line = f"chain {chain}: {left:,} of {head:,} blocks left"
        seconds = last.at - begun.at
        if seconds <= 0:
            yield f"{line}; how fast it goes is told in a minute"
            continue
        gained = (at - begun.chains[chain][0]) / seconds
        nearer = gained - (head - begun.chains[chain][1]) / seconds
        if nearer <= 0:
            yield f"{line}, {gained:,.1f} a second: it comes no nearer"
        else:
            yield f"{line}, {gained:,.1f} a second: {_time(left / nearer)} at this pace"


def _begun(seen: Sequence[Look], chain: int) -> Look:
    """The earliest look since which the chain only advanced: a reseed starts again from the beginning."""
    first = seen[-1]
    for look in reversed(seen[:-1]):
        if chain not in look.chains or look.at >= first.at or look.chains[chain][0] > first.chains[chain][0]:
            break
        first = look
    return first


def _time(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 1:
        return "less than a minute"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
