"""Who still needs a belt: a lease on its own host, so that nobody has to be asked before it is refused to go.

A gateway holds one lease on the belt that it serves, and one on the belt that it served before, until that
one has soaked. A lease that cannot be read is held: when it cannot be told whether a belt serves, it does.
"""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

FOLDER = "leases"


class Holding(StrEnum):
    """What the gateway needs the belt for."""

    SERVES = "serves"
    SOAKS = "soaks"


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """One gateway's need of one belt; `until` is None for as long as the belt serves."""

    gateway: str
    holding: Holding
    until: datetime | None

    def held(self, now: datetime) -> bool:
        """Whether the belt may not go yet."""
        return self.until is None or now < self.until

    def words(self, now: datetime) -> str:
        """What holds the belt, and for how long."""
        if self.until is None:
            return f"it {self.holding} for {self.gateway}"
        left = timedelta(seconds=round((self.until - now).total_seconds()))
        return f"it {self.holding} for {self.gateway}, for {left} more"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreadable:
    """A lease that says nothing; it is held."""

    file: Path

    def held(self, _now: datetime) -> bool:
        """Always: nobody can tell that it is not."""
        return True

    def words(self, _now: datetime) -> str:
        """Which file it is."""
        return f"its lease {self.file.name} cannot be read"


def serve(home: Path, *, gateway: str) -> None:
    """The belt in `home` serves from now on, and must stay."""
    _write(home, Lease(gateway=gateway, holding=Holding.SERVES, until=None))


def soak(home: Path, *, gateway: str, until: datetime) -> None:
    """The belt served, and must stay hot until then."""
    _write(home, Lease(gateway=gateway, holding=Holding.SOAKS, until=until))


def release(home: Path, *, gateway: str) -> None:
    """The gateway needs this belt no more."""
    _file(home, gateway).unlink(missing_ok=True)


def of_belt(home: Path) -> tuple[Lease | Unreadable, ...]:
    """Every lease on a belt, by the name of its gateway."""
    folder = home / FOLDER
    try:
        files = sorted(folder.glob("*.json"))
        if not files and not folder.is_dir() and os.path.lexists(folder):
            return (Unreadable(file=folder),)
    except OSError:
        return (Unreadable(file=folder),)
    return tuple(map(_read, files))


def holding(home: Path, *, now: datetime | None = None) -> tuple[str, ...]:
    """Why the belt may not go yet, in words; empty when it may."""
    moment = now or datetime.now(UTC)
    return tuple(lease.words(moment) for lease in of_belt(home) if lease.held(moment))


def _read(file: Path) -> Lease | Unreadable:
    try:
        text = json.loads(file.read_text())
        until = text["until"]
        return Lease(
            gateway=str(text["gateway"]),
            holding=Holding(text["holding"]),
            until=None if until is None else datetime.fromisoformat(until).astimezone(UTC),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Unreadable(file=file)


def _write(home: Path, lease: Lease) -> None:
    """Whole and durable, by rename: a crash leaves the old lease or the new one."""
    file = _file(home, lease.gateway)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    fresh = file.with_suffix(".new")
    text = {
        "gateway": lease.gateway,
        "holding": lease.holding.value,
        "until": None if lease.until is None else lease.until.isoformat(),
    }
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(json.dumps(text))
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    descriptor = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _file(home: Path, gateway: str) -> Path:
    return home / FOLDER / f"{gateway}.json"
