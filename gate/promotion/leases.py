"""What a move means for the belts on this host: which one must stay, and which one may go, and when."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from belts import lease
from gate.promotion.served import How, Served


@dataclass(frozen=True, kw_only=True, slots=True)
class Leases:
    """One gateway's leases on the belts of this host; a belt that runs elsewhere has none here."""

    gateway: str
    hosts: Path
    soak: timedelta

    def expect(self, served: Served) -> None:
        """Before the alias moves: the belt it moves to must stay."""
        self._serve(served.serves.belt)

    def settle(self, served: Served) -> None:
        """After it has moved: a belt that was promoted over soaks, one that was rolled back from may go."""
        serves = served.serves.belt
        self._serve(serves)
        left = {served.left.belt} if served.left else set()
        for belt in sorted((left | self._said_to_serve()) - {serves}):
            home = self._home(belt)
            if home is None:
                continue
            # One that was rolled back from may go at once; that it has served is remembered, for its readers.
            since = datetime.fromisoformat(served.since).astimezone(UTC)
            soaks = self.soak if served.how is How.PROMOTED else timedelta()
            lease.soak(home, gateway=self.gateway, until=since + soaks)

    def forget(self, belt: str) -> None:
        """The move was undone, and the belt never served."""
        home = self._home(belt)
        if home is not None:
            lease.release(home, gateway=self.gateway)

    def _said_to_serve(self) -> set[str]:
        """By their leases; more than one after somebody moved the alias by hand."""
        return {
            home.name
            for home in self.hosts.glob("*")
            if home.is_dir() and lease.serves(home, gateway=self.gateway)
        }

    def _serve(self, belt: str) -> None:
        home = self._home(belt)
        if home is not None:
            lease.serve(home, gateway=self.gateway)

    def _home(self, belt: str) -> Path | None:
        home = self.hosts / belt
        return home if home.is_dir() else None
