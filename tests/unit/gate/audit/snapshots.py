"""A gateway whose every place tells the same: green serves, blue soaks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from belts.runtimes.audited import Running
from belts.runtimes.disk import GB, Disk
from belts.runtimes.lease import Holding, Lease
from gate.alias.sight import Sight
from gate.alias.state import Served, Standing, first
from gate.audit.snapshot import Answer, BeltSeen, Booked, ChainSeen, Directory, Snapshot, Stated
from tests.identities import SEED

NOW = datetime(2027, 1, 2, 12, tzinfo=UTC)
BLUE, GREEN = "b" * 64, "9" * 64
SINCE = "2027-01-02T11:00:00.000+00:00"


def standing(belt: str, identity: str, **heights: int) -> Standing:
    told = {int(chain.removeprefix("c")): height for chain, height in heights.items()} or {1: 100}
    return Standing(belt=belt, identity=identity, dial="127.0.0.1:1", heights=told)


def served() -> Served:
    return first(standing("blue", BLUE), since=SINCE, move=1, certificate="c1").promoted(
        standing("green", GREEN), left={1: 100}, since=SINCE, move=2, certificate="c2"
    )


def seen(identity: str, height: int = 120, **changes: Any) -> BeltSeen:
    return replace(
        BeltSeen(sight=Sight(seed=SEED, heights={1: height}), declared=identity, same=True), **changes
    )


def held(holding: Holding = Holding.SERVES, gateway: str = "gateway", hours: int = 1) -> Lease:
    until = NOW + timedelta(hours=hours) if holding is Holding.SOAKS else None
    return Lease(gateway=gateway, holding=holding, until=until)


def booked(**changes: Any) -> Booked:
    return replace(Booked(belt="green", identity=GREEN, last=2), **changes)


def snapshot(**changes: Any) -> Snapshot:
    agreeing = Snapshot(
        gateway="gateway",
        at=NOW,
        door=Answer(belt="green", status=200),
        alias=served(),
        directory=Directory(owner="gateway"),
        ledger=booked(),
        state=Stated(belt="green", identity=GREEN),
        caddy=Running(as_rendered=True, stored_as_rendered=True),
        leases={"blue": (held(Holding.SOAKS),), "green": (held(),)},
        belts={"blue": seen(BLUE), "green": seen(GREEN)},
        chains=(ChainSeen(chain=1, limit=20, committed=120, head=121),),
        asked=(),
        unread=(),
        hung=(),
        lag=100,
        patience=timedelta(minutes=10),
        disk=Disk(free=50 * GB, size=100 * GB, days=40.0),
    )
    return replace(agreeing, **changes)
