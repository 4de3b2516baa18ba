"""Who still needs a belt: its leases lie with it, so that its removal can be refused without asking.

A gateway holds one lease on the belt that it serves, and one on the belt that it served before, until that
one has soaked. A lease that has run out stays: it tells that the belt has served. So does that of a gateway
that has ended: it tells which belt served last. A belt that has begun to go is marked, and can be leased no
more, so that nobody comes to serve what is half removed; so is one that is being seeded, until it is.
"""

import os
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from belts.files import read_json, write_private, write_private_json
from belts.locks import locked
from belts.runtimes.lease import OPEN, BeltGoing, Holding, Lease, Unreadable
from belts.runtimes.process.files import open_byways

FOLDER = "leases"
GOING, SEEDING = "going", "seeding"


def expect(home: Path, *, gateway: str) -> None:
    """The belt in `home` is about to serve, and must stay; raises `BeltGoing` where it goes already."""
    _open(home, gateway, Holding.COMES)


def serve(home: Path, *, gateway: str) -> None:
    """The belt in `home` serves, and must stay; raises `BeltGoing` where it goes already."""
    _open(home, gateway, Holding.SERVES)


def soak(home: Path, *, gateway: str, until: datetime) -> None:
    """The belt served, and must stay hot until then."""
    with _alone(home):
        held = of_gateway(home, gateway=gateway)
        soaks = isinstance(held, Lease) and held.holding is Holding.SOAKS
        missed = held.missed if isinstance(held, Lease) and soaks else timedelta()
        _write(home, Lease(gateway=gateway, holding=Holding.SOAKS, until=until, missed=missed))


def miss(home: Path, *, gateway: str, time: timedelta) -> None:
    """A belt that soaks was not seen running and at the heads for so long: that does not count as soaking."""
    with _alone(home):
        held = of_gateway(home, gateway=gateway)
        if isinstance(held, Lease) and held.holding is Holding.SOAKS:
            _write(home, replace(held, missed=held.missed + time))


def forget(home: Path, *, gateway: str) -> None:
    """The belt never came to serve: the gateway needs it for what it needed it for before, if anything."""
    with _alone(home):
        held = of_gateway(home, gateway=gateway)
        if not isinstance(held, Lease) or held.holding not in OPEN:
            return
        if held.before is not None:
            _write(home, held.before)
        else:
            _file(home, gateway).unlink(missing_ok=True)


def end(home: Path, *, gateway: str, at: datetime) -> None:
    """The gateway has ended, and needs this belt no more; of the one that served it is remembered."""
    with _alone(home):
        held = of_gateway(home, gateway=gateway)
        if isinstance(held, Lease) and held.holding is Holding.SERVES:
            _write(home, Lease(gateway=gateway, holding=Holding.SERVED, until=at))
        elif not isinstance(held, Lease) or held.holding is not Holding.SERVED:
            _file(home, gateway).unlink(missing_ok=True)


def go(home: Path) -> tuple[str, ...]:
    """Marks the belt as going, so that nobody leases it any more; or, in words, why it may not go yet."""
    return holding(home) or _mark(home, GOING)


def seed(home: Path) -> tuple[str, ...]:
    """Marks the belt as being seeded, so that nobody leases what is thrown away; or why it may not be."""
    return holding(home) or _mark(home, SEEDING)


def seeded(home: Path) -> None:
    """What the belt holds stays from here on."""
    (home / FOLDER / SEEDING).unlink(missing_ok=True)


def goes(home: Path) -> bool:
    """Whether the belt's removal has begun."""
    return os.path.lexists(home / FOLDER / GOING)


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


def of_living(home: Path) -> tuple[Lease | Unreadable, ...]:
    """Those of gateways that have not ended."""
    found = of_belt(home)
    return tuple(one for one in found if not isinstance(one, Lease) or one.holding is not Holding.SERVED)


def of_gateway(home: Path, *, gateway: str) -> "Lease | Unreadable | None":
    """One gateway's lease on a belt; None where it has none."""
    file = _file(home, gateway)
    return _read(file) if os.path.lexists(file) else None


def holding(home: Path, *, now: datetime | None = None) -> tuple[str, ...]:
    """Why the belt may not go yet, in words; empty when it may."""
    moment = now or datetime.now(UTC)
    leased = tuple(lease.words(moment) for lease in of_belt(home) if lease.held(moment))
    return (*leased, *open_byways.to(home, moment))


def _mark(home: Path, name: str) -> tuple[str, ...]:
    """Whoever leases the belt sees it, or has come first and is seen."""
    with _alone(home):
        held = holding(home)
        if not held:
            write_private(home / FOLDER / name, "")
        return held


def _read(file: Path) -> Lease | Unreadable:
    try:
        return _lease_in(read_json(file))
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return Unreadable(file=file)


def _lease_in(text: Any) -> Lease:
    before = text.get("before") if isinstance(text, dict) else None
    lease = Lease(
        gateway=str(text["gateway"]),
        holding=Holding(text["holding"]),
        until=_moment(text["until"]),
        before=None if before is None else _lease_in(before),
        missed=timedelta(seconds=float(text.get("missed", 0.0))),
    )
    if lease.missed < timedelta():
        raise ValueError("a lease that missed less than nothing")
    if (lease.holding in OPEN) != (lease.until is None):
        raise ValueError("a lease that contradicts itself")
    return lease


def _lease_out(lease: Lease) -> dict[str, Any]:
    return {
        "gateway": lease.gateway,
        "holding": lease.holding.value,
        "until": None if lease.until is None else lease.until.isoformat(),
        "before": None if lease.before is None else _lease_out(lease.before),
        "missed": lease.missed.total_seconds(),
    }


def _open(home: Path, gateway: str, holding: Holding) -> None:
    with _alone(home):
        if goes(home):
            raise BeltGoing(home)
        if os.path.lexists(home / FOLDER / SEEDING):
            raise BeltGoing(home, anew=True)
        held = of_gateway(home, gateway=gateway)
        before = held if isinstance(held, Lease) else None
        if before is not None and before.holding in OPEN:
            # One that serves and is moved to again keeps serving where that is undone.
            again = before.holding is Holding.SERVES and holding is Holding.COMES
            before = before if again else before.before
        _write(home, Lease(gateway=gateway, holding=holding, until=None, before=before))


def _moment(text: str | None) -> datetime | None:
    """A moment that is the same everywhere; one without its zone is none."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)


def _alone(home: Path) -> AbstractContextManager[int]:
    """The folder of the leases for one at a time; fails where there is no belt."""
    return locked(home / FOLDER, directory=True)


def _write(home: Path, lease: Lease) -> None:
    write_private_json(_file(home, lease.gateway), _lease_out(lease))


def _file(home: Path, gateway: str) -> Path:
    return home / FOLDER / f"{gateway}.json"
