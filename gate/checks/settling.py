"""Determines since when a chain has been at its head without a break, from the recorded watch."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gate.amounts import amount
from gate.observations import Unobserved
from gate.observations.watched import ChainStretch, Stretch, Watched

GAP = timedelta(seconds=90)
"""A gap of this length between two stretches, or after the last one, counts as not watched."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AtHead:
    """For how long a chain is known to be at its head; `since` is None if that is unknown.

    `broke` is when it was last seen away from the head, `why` says what limits the known time.
    """

    since: datetime | None
    broke: datetime | None = None
    why: str = ""

    def lasted(self, now: datetime) -> timedelta:
        """How long the chain has been seen at the head without a break."""
        return timedelta() if self.since is None else now - self.since


def at_head(watched: Watched | Unobserved, chain: int, limit: int, now: datetime) -> AtHead:
    """Walks back from now while each stretch joins the next one and was at the head."""
    if isinstance(watched, Unobserved):
        return AtHead(since=None, why=watched.reason)
    since, until, seeded = None, now, None
    for stretch in reversed(watched.stretches):
        if until - stretch.end > GAP:
            return AtHead(since=since, why=f"nobody watched from {_at(stretch.end)} to {_at(until)}")
        if seeded is not None and stretch.seeded != seeded:
            return AtHead(since=since, broke=stretch.end, why=f"it was seeded again after {_at(stretch.end)}")
        why, broke = _wrong(stretch.of(chain), stretch, limit)
        if why:
            return AtHead(since=since, broke=broke, why=why)
        since = until = stretch.begin
        seeded = stretch.seeded
    return AtHead(since=since, why=f"nobody watched before {_at(until)}")


def _wrong(row: ChainStretch | None, stretch: Stretch, limit: int) -> tuple[str, datetime | None]:
    """Why a stretch breaks the run, and when the chain was seen away from its head."""
    if row is None or row.unseen > 1:
        return f"it could not be looked at until {_at(stretch.end)}", None
    if row.lag > limit:
        return (
            f"it was {amount(row.lag, 'block')} behind its head, limit {limit}, until {_at(stretch.end)}",
            stretch.end,
        )
    return "", None


def _at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
