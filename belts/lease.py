"""Who still needs a belt: a lease on its own host, so that nobody has to be asked before it is refused to go.

A gateway holds one lease on the belt that it serves, and one on the belt that it served before, until that
one has soaked. A lease that cannot be read is held: when it cannot be told whether a belt serves, it does.
A lease that has run out stays: it tells that the belt has served. A belt that has begun to go is marked, and
can be leased no more, so that nobody comes to serve what is half removed.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from belts.host.layout import PRIVATE_DIR, write_private, write_private_json

FOLDER = "leases"
GOING = "going"


class BeltGoing(Exception):
    """The belt is being removed, so nobody can be served from it."""

    def __init__(self, home: Path) -> None:
        """Say which belt, and how it comes back."""
        super().__init__(
            f"{home.name} cannot serve\n  expected: a belt that stays\n"
            f"  seen: its removal has begun\n  now: `pulumi up --stack {home.name}` brings it back, else "
            "choose another belt"
        )


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
    """The belt in `home` serves from now on, and must stay; raises `BeltGoing` where it goes already."""
    with _alone(home) as folder:
        if (folder / GOING).exists():
            raise BeltGoing(home)
        _write(home, Lease(gateway=gateway, holding=Holding.SERVES, until=None))


def soak(home: Path, *, gateway: str, until: datetime) -> None:
    """The belt served, and must stay hot until then."""
    with _alone(home):
        _write(home, Lease(gateway=gateway, holding=Holding.SOAKS, until=until))


def release(home: Path, *, gateway: str) -> None:
    """The gateway needs this belt no more."""
    _file(home, gateway).unlink(missing_ok=True)


def go(home: Path) -> tuple[str, ...]:
    """Marks the belt as going, so that nobody leases it any more; or, in words, why it may not go yet."""
    if held := holding(home):
        return held
    with _alone(home) as folder:
        if held := holding(home):  # somebody came first
            return held
        write_private(folder / GOING, "")
        return ()


def goes(home: Path) -> bool:
    """Whether the belt's removal has begun."""
    return (home / FOLDER / GOING).exists()


def stay(home: Path) -> None:
    """The belt is wanted again."""
    if goes(home):
        (home / FOLDER / GOING).unlink()


def of_belt(home: Path) -> tuple[Lease | Unreadable, ...]:
    """Every lease on a belt, by the name of its gateway."""
    folder = home / FOLDER
    try:
        files = sorted(folder.iterdir())
    except OSError:
        return (Unreadable(file=folder),) if os.path.lexists(folder) else ()
    return tuple(_read(file) for file in files if file.suffix == ".json")


def serves(home: Path, *, gateway: str) -> bool:
    """Whether the belt in `home` serves for this gateway, by its lease."""
    held = _read(_file(home, gateway))
    return isinstance(held, Lease) and held.holding is Holding.SERVES


def holding(home: Path, *, now: datetime | None = None) -> tuple[str, ...]:
    """Why the belt may not go yet, in words; empty when it may."""
    moment = now or datetime.now(UTC)
    return tuple(lease.words(moment) for lease in of_belt(home) if lease.held(moment))


def _read(file: Path) -> Lease | Unreadable:
    try:
        text = json.loads(file.read_text())
        lease = Lease(
            gateway=str(text["gateway"]), holding=Holding(text["holding"]), until=_moment(text["until"])
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return Unreadable(file=file)
    return lease if (lease.holding is Holding.SERVES) == (lease.until is None) else Unreadable(file=file)


def _moment(text: str | None) -> datetime | None:
    """A moment that is the same everywhere; one without its zone is none."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)


@contextmanager
def _alone(home: Path) -> Iterator[Path]:
    """The folder of the leases for one at a time; fails where there is no belt."""
    folder = home / FOLDER
    while True:
        folder.mkdir(mode=PRIVATE_DIR, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_there(descriptor, folder):
                yield folder
                return
        finally:
            os.close(descriptor)


def _is_there(descriptor: int, folder: Path) -> bool:
    """Not when the folder went, with its belt, while it was waited for."""
    try:
        return os.path.samestat(os.fstat(descriptor), folder.stat())
    except FileNotFoundError:
        return False


def _write(home: Path, lease: Lease) -> None:
    text = {
        "gateway": lease.gateway,
        "holding": lease.holding.value,
        "until": None if lease.until is None else lease.until.isoformat(),
    }
    write_private_json(_file(home, lease.gateway), text)


def _file(home: Path, gateway: str) -> Path:
    return home / FOLDER / f"{gateway}.json"
