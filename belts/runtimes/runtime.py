"""What a place where belts run must do for a gateway: the gate is given one, and knows none by its name."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from belts.runtimes.audited import Audited
from belts.runtimes.cost import Census
from belts.runtimes.lease import Lease, Unreadable
from belts.runtimes.relayed import Relayed


class Place(Protocol):
    """The belts and gateways of one place; to a belt that runs elsewhere nothing is done."""

    def here(self, belt: str) -> bool:
        """Whether the belt runs in this place."""

    def leases(self) -> Iterator[tuple[str, Lease | Unreadable]]:
        """What each belt of this place is needed for, by the belt's name."""

    def lease(self, belt: str, *, gateway: str) -> Lease | Unreadable | None:
        """What one gateway needs a belt for; None where it has no lease on it."""

    def goes(self, belt: str) -> bool:
        """Whether the belt's removal has begun."""

    def expect(self, belt: str, *, gateway: str) -> None:
        """The belt is about to serve, and must stay; raises `BeltGoing` where it goes already."""

    def serve(self, belt: str, *, gateway: str) -> None:
        """The belt serves, and must stay; raises `BeltGoing` where it goes already."""

    def soak(self, belt: str, *, gateway: str, until: datetime) -> None:
        """The belt served, and must stay hot until then."""

    def miss(self, belt: str, *, gateway: str, time: timedelta) -> None:
        """A belt that soaks was not seen running and at the heads for so long: that does not count."""

    def forget(self, belt: str, *, gateway: str) -> None:
        """The belt is needed as it was before it was expected."""

    def end(self, *, gateway: str, at: datetime) -> None:
        """The gateway has ended: it holds no belt any more, and it is remembered which one served last."""

    def graphql(self) -> Mapping[str, str]:
        """Where the belts of this place answer GraphQL, by name; raises `Refusal` or `OSError`."""

    def seeded(self, belt: str) -> int:
        """One number for each seeding of a belt; 0 while it has none."""

    def drain(self, belt: str) -> str | None:
        """Sends the belt's subscribers away; None when nobody's socket is left, else why some may be."""

    def ledger(self, gateway: str, *, owner: bool = False) -> str | None:
        """The URL of the ledger that is kept here for a gateway; None while it has never been made."""

    def kept(self, gateway: str, name: str) -> str | None:
        """A secret that is kept here for a gateway, and told to nobody."""

    def keep(self, gateway: str, name: str, fresh: str) -> str | None:
        """The secret that is kept, or else the fresh one from now on; None where the gateway is not here."""

    def beside(self, gateway: str) -> Path:
        """The directory in which what runs beside the gateway writes down what it sees."""

    def census(self) -> Census:
        """The belts of this place, and what each costs; raises `Refusal` or `OSError`."""

    def relayed(self, belt: str) -> Relayed | None:
        """What a belt's relay says; None where it has none; raises `Refusal`, `OSError` or `ValueError`."""

    def audited(self) -> Audited:
        """What this place shows to whoever audits it."""
