"""Finds what has not moved according to a belt's journal: the belt itself, or a chain's head."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gate.observations.watched import ChainStretch, Watched

GAP = timedelta(seconds=90)
"""A gap of this length between two stretches counts as not watched."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stood:
    """How long a belt had stood still on one chain before it was watched, and at which height."""

    height: int
    time: timedelta


def stood(kept: Watched, now: datetime) -> dict[int, Stood]:
    """By chain, since when the height equals the last recorded one; empty after a gap.

    Only while the chain had more: a belt at the head of a chain without new blocks does not stand still.
    """
    return _stood(kept, now, lambda row: row.height if row.head > row.height else None)


def halted(kept: Watched, now: datetime) -> dict[int, Stood]:
    """The same for heads: the chain makes no block, or its provider is stuck."""
    return _stood(kept, now, lambda row: row.head)


def _stood(kept: Watched, now: datetime, number: Callable[[ChainStretch], int | None]) -> dict[int, Stood]:
    found: dict[int, Stood] = {}
    left: set[int] | None = None
    later = now
    for stretch in reversed(kept.stretches):
        if later - stretch.end > GAP:
            break
        seen = {row.chain: number(row) for row in stretch.chains if not row.unseen}
        then = {chain: at for chain, at in seen.items() if at is not None}
        if left is None:
            left = set(then)
        left = {
            chain for chain in left & then.keys() if chain not in found or found[chain].height == then[chain]
        }
        found |= {chain: Stood(height=then[chain], time=now - stretch.end) for chain in left}
        later = stretch.begin
    return found
