"""What a place where belts run must do for a gateway; the gate is given one, and knows none by name."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from belts.runtimes.audited import Audited
from belts.runtimes.cost import Census
from belts.runtimes.lease import Lease, Unreadable
from belts.runtimes.relayed import Relayed


class Place(Protocol):
    """The belts and gateways of one place; calls for a belt that runs elsewhere do nothing."""

    def here(self, belt: str) -> bool:
        """Whether the belt runs in this place."""

    def leases(self) -> Iterator[tuple[str, Lease | Unreadable]]:
        """The leases on each belt of this place, with the belt's name."""

    def lease(self, belt: str, *, gateway: str) -> Lease | Unreadable | None:
        """One gateway's lease on a belt; None if it has none."""

    def goes(self, belt: str) -> bool:
        """Whether the belt's removal has begun."""

    def expect(self, belt: str, *, gateway: str) -> None:
        """The belt is about to serve, and must stay; raises `BeltGoing` if its removal has begun."""

    def serve(self, belt: str, *, gateway: str) -> None:
        """The belt serves, and must stay; raises `BeltGoing` if its removal has begun."""

    def soak(self, belt: str, *, gateway: str, until: datetime) -> None:
        """The belt served, and must stay up to date until then."""

    def miss(self, belt: str, *, gateway: str, time: timedelta) -> None:
        """Adds time in which a soaking belt was not seen running at the heads: it does not count."""

    def forget(self, belt: str, *, gateway: str) -> None:
        """Undoes `expect`: the belt is needed as it was before."""

    def end(self, *, gateway: str, at: datetime) -> None:
        """Ends all leases of a gateway that has ended; which belt served last stays recorded."""

    def graphql(self) -> Mapping[str, str]:
        """The GraphQL URLs of this place's belts, by name; raises `Refusal` or `OSError`."""

    def seeded(self, belt: str) -> int:
        """A number that identifies the seeding of a belt; 0 while it has none."""

    def drain(self, belt: str) -> str | None:
        """Disconnects the belt's subscribers; None if no socket is left, else why some may be."""

    def ledger(self, gateway: str, *, owner: bool = False) -> str | None:
        """The URL of the gateway's ledger that is kept here; None while it was never made."""

    def kept(self, gateway: str, name: str) -> str | None:
        """Returns a secret stored for a gateway; it is never shown."""

    def keep(self, gateway: str, name: str, fresh: str) -> str | None:
        """Returns the stored secret, or stores the fresh one; None if the gateway is not here."""

    def beside(self, gateway: str) -> Path:
        """The directory in which the processes beside the gateway record what they see."""

    def census(self) -> Census:
        """The belts of this place and their costs; raises `Refusal` or `OSError`."""

    def relayed(self, belt: str) -> Relayed | None:
        """What a belt's relay reports, None without one; raises `Refusal`, `OSError` or `ValueError`."""

    def audited(self) -> Audited:
        """What this place shows to an auditor."""
