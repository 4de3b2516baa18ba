"""A belt that soaks, watched by a status endpoint: only time at the heads of its chains counts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import pytest

from belts.files import write_private_json
from belts.runtimes.lease import Lease
from belts.runtimes.process import lease_files
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import retirement
from belts.runtimes.process.host import Host
from gate.checks.settling import at_head
from gate.journal.journal import FOLDER, Journal
from gate.observations.watched import Watched
from gate.secret import Address
from gate.signals.status import watch
from gate.signals.status.belt import Belts
from gate.signals.status.heads import Chains
from gate.signals.status.request import client
from gate.signals.status.watch import Watch
from tests.live.gate.signals.servers import Asked, Reply, Server, belt, chain, serving
from tests.live.hosts import wait_until
from tests.live.process.conftest import engine

pytestmark = pytest.mark.live

HEAD, LIMIT = 1000, 20
QUICK = timedelta(seconds=0.05)


@dataclass
class Harbour:
    """One host with a gateway, a belt that soaks on it, and its chain."""

    hosts: Path
    belt: Server
    chain: Server

    @property
    def home(self) -> Path:
        return self.hosts / "blue"

    @property
    def lease(self) -> Lease:
        found = lease_files.of_gateway(self.home, gateway="gateway")
        assert isinstance(found, Lease)
        return found

    @property
    def journal(self) -> Journal:
        return Journal(self.hosts / "gateway" / "status-endpoint" / FOLDER, "blue")

    def soaks(self, for_: timedelta) -> None:
        lease_files.soak(self.home, gateway="gateway", until=datetime.now(UTC) + for_)

    def at(self, height: int) -> None:
        self.belt.reply = belt(c1=height)

    def down(self) -> None:
        self.belt.reply = lambda _: Reply(status=503)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """A status endpoint's watch, until it is stopped as a status endpoint is."""
        http = client()
        chains = Chains({1: Address(self.chain.url)}, http)
        task = asyncio.create_task(Watch(Host(self.hosts), "gateway", chains, Belts(http), {1: LIMIT}).run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await http.aclose()

    async def looks(self, number: int = 4) -> None:
        """So many looks more were made at the belt."""
        wanted = len(self.belt.asked) + number
        await asyncio.to_thread(wait_until, lambda: len(self.belt.asked) >= wanted, "looks at the belt")

    def refusal(self) -> str:
        """Why the belt may not be retired; empty where it may."""
        held = "; ".join(lease_files.holding(self.home))
        if held:
            with pytest.raises(Refused, match="before anything of it is removed"):
                retirement.begin(Layout(root=self.hosts, belt="blue"))
        return held


def every_other(one: Callable[[Asked], Reply], other: Callable[[Asked], Reply]) -> Callable[[Asked], Reply]:
    """Answers in turn."""
    turns = cycle((one, other))

    def answer(asked: Asked) -> Reply:
        return next(turns)(asked)

    return answer


@pytest.fixture
def harbour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harbour]:
    monkeypatch.setattr(watch, "LOOK_EVERY", QUICK)
    monkeypatch.setattr(watch, "WRITTEN_EVERY", 3 * QUICK)
    with standing(tmp_path) as made:
        yield made


@contextmanager
def standing(hosts: Path) -> Iterator[Harbour]:
    with serving(belt(c1=HEAD)) as blue, serving(chain(1, HEAD)) as one:
        layout = Layout(root=hosts, belt="blue")
        request = {"version": 1, "part": "engine", "root": str(hosts), "belt": "blue"}
        write_private_json(layout.request("engine"), request | engine(blue.port))
        yield Harbour(hosts=hosts, belt=blue, chain=one)


async def test_a_belt_at_its_heads(harbour: Harbour) -> None:
    """Nothing is missed, and it may go when its soak is over, and not before."""
    harbour.soaks(timedelta(hours=1))
    async with harbour.watched():
        await harbour.looks()
    assert harbour.lease.missed == timedelta()
    assert "it soaks for gateway" in harbour.refusal()
    harbour.soaks(-timedelta(seconds=1))
    assert harbour.refusal() == ""


@pytest.mark.parametrize("how", ["behind", "down"])
async def test_a_belt_that_is_away_from_its_heads(harbour: Harbour, how: str) -> None:
    """What it misses is added to its soak, and its retirement is refused until that is over too."""
    harbour.soaks(timedelta(seconds=0.4))
    async with harbour.watched():
        await harbour.looks(2)
        if how == "behind":
            harbour.at(HEAD - LIMIT - 1)
        else:
            harbour.down()
        until = harbour.lease.until
        assert until is not None
        await asyncio.to_thread(wait_until, lambda: datetime.now(UTC) > until, "the end of the soak")
        missed = harbour.lease.missed
        assert missed > timedelta()
        assert "away from its heads" in harbour.refusal()
        harbour.at(HEAD)
        await asyncio.to_thread(wait_until, lambda: harbour.refusal() == "", "the end of what was missed")
    assert datetime.now(UTC) >= until + harbour.lease.missed
    assert harbour.lease.missed >= missed


async def test_a_lag_of_one_look(harbour: Harbour) -> None:
    """A belt that is behind for a moment, as at every new block, misses nothing."""
    harbour.soaks(timedelta(hours=1))
    async with harbour.watched():
        await harbour.looks(2)
        harbour.belt.reply = every_other(belt(c1=HEAD - LIMIT - 1), belt(c1=HEAD))
        await harbour.looks(8)
    assert harbour.lease.missed == timedelta()


async def test_a_belt_that_hangs(harbour: Harbour) -> None:
    """Each look at it takes long, and all of that time is missed, not that of one look."""
    harbour.soaks(timedelta(hours=1))
    answer, hang = belt(c1=HEAD - LIMIT - 1), 0.4
    harbour.belt.reply = lambda asked: replace(answer(asked), after=hang)
    async with harbour.watched():
        await harbour.looks(4)
    assert harbour.lease.missed >= timedelta(seconds=hang)


async def test_a_status_endpoint_that_was_started_again(
    harbour: Harbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal goes on where it was; a gap in which nobody watched is missed, a short one is not."""
    harbour.soaks(timedelta(hours=1))
    async with harbour.watched():
        await harbour.looks(8)
    before = harbour.journal.read()
    assert before
    async with harbour.watched():
        await harbour.looks(8)
    after = harbour.journal.read()
    assert after[: len(before)] == before
    assert len(after) > len(before)
    assert harbour.lease.missed == timedelta()
    now = datetime.now(UTC)
    known = at_head(Watched(stretches=after), 1, LIMIT, now)
    assert known.since == before[0].begin

    monkeypatch.setattr(watch, "GAP", timedelta(seconds=0.3))
    await asyncio.sleep(0.5)
    async with harbour.watched():
        await harbour.looks()
    assert harbour.lease.missed >= timedelta(seconds=0.3)


async def test_a_break_in_the_journal(harbour: Harbour) -> None:
    """Time at the heads without a break counts anew from the break on, whoever watched it."""
    async with harbour.watched():
        await harbour.looks(6)
        harbour.at(HEAD - LIMIT - 1)
        await harbour.looks(6)
        harbour.at(HEAD)
        await harbour.looks(12)
    stretches = harbour.journal.read()
    known = at_head(Watched(stretches=stretches), 1, LIMIT, datetime.now(UTC))
    assert known.broke is not None
    assert known.since is not None
    assert known.since > stretches[0].begin
    assert "blocks behind its head" in known.why
