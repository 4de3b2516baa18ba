"""Applies a move to the belts' leases: which one must stay, and which one may go, and when."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from belts.runtimes.lease import OPEN, Holding, Lease
from belts.runtimes.runtime import Place
from gate.alias.state import How, Served


@dataclass(frozen=True, kw_only=True, slots=True)
class Leases:
    """One gateway's leases on the belts of a place; belts elsewhere have none there."""

    gateway: str
    place: Place
    soak: timedelta

    def expect(self, belt: str) -> None:
        """Before a move: the target must stay."""
        self.place.expect(belt, gateway=self.gateway)

    def settle(self, served: Served) -> None:
        """After a move: a belt that was promoted over soaks, one that was rolled back from may go.

        The target of a move that never happened is held as it was before.
        """
        serves = served.serves.belt
        serve = partial(self.place.serve, serves, gateway=self.gateway)
        if self._stays(serves):
            self._write(serves, serve)
        else:
            serve()
        for belt, held in held_open(self.place, self.gateway):
            if belt == serves:
                continue
            if held.holding is Holding.COMES:
                self._write(belt, partial(self.place.forget, belt, gateway=self.gateway))
            else:
                self._write(belt, partial(self._leave, belt, served))
        left = served.left.belt if served.left else None
        if left is not None and left != serves and not self.place.goes(left):
            self._write(left, partial(self._leave, left, served))

    def _stays(self, belt: str) -> bool:
        """True if it is already held, as serving or about to serve."""
        lease = self.place.lease(belt, gateway=self.gateway)
        return isinstance(lease, Lease) and lease.holding in OPEN

    @staticmethod
    def _write(belt: str, lease: Callable[[], None]) -> None:
        """Writes a lease; a failure is only reported, because the move is made and the audit reports it."""
        try:
            lease()
        except OSError as why:
            sys.stderr.write(f"{belt}: its lease cannot be written ({why.strerror or type(why).__name__})\n")

    def _leave(self, belt: str, served: Served) -> None:
        """Lets a rolled-back belt go at once; for its readers it is recorded that it served."""
        since = datetime.fromisoformat(served.since).astimezone(UTC)
        soaks = self.soak if served.how is How.PROMOTED else timedelta()
        self.place.soak(belt, gateway=self.gateway, until=since + soaks)

    def forget(self, belt: str) -> None:
        """The move was undone, and the belt never served."""
        self.place.forget(belt, gateway=self.gateway)

    def abandon(self) -> None:
        """No move is under way: the target of an interrupted one is held as it was before."""
        for belt, held in held_open(self.place, self.gateway):
            if held.holding is Holding.COMES:
                self.place.forget(belt, gateway=self.gateway)

    def last_served(self) -> str | None:
        """The belt that served last when a gateway ended here, if it is still there."""
        return last_served(self.place, self.gateway)


def held_open(place: Place, gateway: str) -> tuple[tuple[str, Lease], ...]:
    """The belts that this gateway holds as serving or about to; several after an interrupted move."""
    return tuple((belt, held) for belt, held in _leases(place) if _is_open(held, gateway))


def astray(place: Place, gateway: str, live: Served) -> bool:
    """True if the leases contradict the alias: a move was interrupted, or a lease was removed."""
    found = {belt: held.holding for belt, held in held_open(place, gateway)}
    serves = live.serves.belt
    expected = {serves: Holding.SERVES} if place.here(serves) else {}
    return found != expected


def last_served(place: Place, gateway: str) -> str | None:
    """The belt that served last when this gateway ended, else when the newest ended gateway here did.

    A belt that is being removed does not count: nothing can be compared with it.
    """
    ended = [
        (held.gateway == gateway, held.until, belt)
        for belt, held in _leases(place)
        if held.holding is Holding.SERVED and held.until is not None and not place.goes(belt)
    ]
    return max(ended)[-1] if ended else None


def _is_open(held: Lease, gateway: str) -> bool:
    return held.gateway == gateway and held.holding in OPEN


def _leases(place: Place) -> Iterator[tuple[str, Lease]]:
    return ((belt, held) for belt, held in place.leases() if isinstance(held, Lease))
