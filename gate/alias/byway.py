"""Which belts have a byway, how long it is open, and what a move does to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from belts.spec.byway import MOST, Line


@dataclass(frozen=True, kw_only=True, slots=True)
class Byway:
    """One belt's own path through the gateway: who that belt is, where it answers, when the path closes."""

    belt: str
    identity: str
    dial: str
    until: datetime

    @property
    def line(self) -> Line:
        """As Caddy reads it; a fraction of a second is cut off, so that it closes too early at most."""
        return Line(dial=self.dial, belt=self.belt, until=int(self.until.timestamp()))


def lasting(byways: Iterable[Byway], at: datetime) -> tuple[Byway, ...]:
    """Those that have not ended."""
    return tuple(each for each in byways if each.until > at)


def without(byways: Iterable[Byway], belt: str) -> tuple[Byway, ...]:
    """Those of other belts."""
    return tuple(each for each in byways if each.belt != belt)


def opened(byways: Iterable[Byway], *more: Byway) -> tuple[Byway, ...]:
    """With these as well, each in the place of what its belt had; the oldest give way to them."""
    names = {each.belt for each in more}
    return (*(each for each in byways if each.belt not in names), *more)[-MOST:]


def encode(byways: Iterable[Byway]) -> list[dict[str, Any]]:
    """As they are kept in a file."""
    return [
        {
            "belt": each.belt,
            "identity": each.identity,
            "dial": each.dial,
            "until": each.until.astimezone(UTC).isoformat(timespec="seconds"),
        }
        for each in byways
    ]


def decode(kept: Iterable[Mapping[str, Any]]) -> tuple[Byway, ...]:
    """As they were kept; raises KeyError, TypeError or ValueError for what was not written by `encode`."""
    found = tuple(
        Byway(
            belt=str(each["belt"]),
            identity=str(each["identity"]),
            dial=str(each["dial"]),
            until=datetime.fromisoformat(each["until"]),
        )
        for each in kept
    )
    if any(each.until.tzinfo is None for each in found):
        raise ValueError("the end of a byway without a time zone")
    return found
