"""The writer over an alias elsewhere: a proxy of several workers, and two commands that use its API."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from belts.runtimes.process.host import Host
from belts.runtimes.runtime import Place
from belts.spec.alias import CommandAlias, read
from gate.alias.decide import measures
from gate.alias.directory import Directory
from gate.alias.leases import Leases
from gate.alias.move import arrival
from gate.alias.move.arrival import Foreign
from gate.alias.move.writer import Limits, Moved, Writer
from gate.alias.order.elsewhere import Elsewhere
from gate.alias.remote.remote import Remote
from gate.alias.remote.two_commands import TwoCommands
from gate.alias.state import Standing, first
from gate.alias.store import AliasUntold, Unset
from gate.alias.unmoved import Unmoved
from gate.audit.look import Targets, _door
from gate.audit.snapshot import Answer
from gate.ledger import Result
from gate.policy.alias import NO_ALIAS, AliasPolicy
from gate.secret import Address
from tests.live.gate.alias.conftest import Gateway
from tests.live.gate.alias.platform import Platform, Running, running
from tests.live.gate.alias.test_seals import KEYS, Engine, seals, wanted
from tests.live.gate.alias.test_writer import Belt, Stage
from tests.live.gate.verdicts import POLICY

pytestmark = pytest.mark.live

TOKEN = "hush-4711-of-the-platform"
LIMITS = Limits(catch_up=timedelta(seconds=1), arrive=timedelta(seconds=4))


@dataclass
class Elsewheres:
    """Two belts that seal, the platform that leads to one of them, and the writer's own side."""

    stage: Stage
    running: Running
    engines: dict[str, Engine] = field(default_factory=dict)

    @property
    def platform(self) -> Platform:
        return self.running.platform

    @property
    def alias(self) -> Remote:
        told: CommandAlias = read({**self.running.alias, "arriveSeconds": 3, "getSeconds": 5})
        graphql = {name: f"http://{dial}/v1/graphql" for name, dial in self.stage.gateway.dials.items()}
        elsewhere = Elsewhere(alias=told, variables={"TOKEN": TOKEN}, graphql=graphql)
        return Remote(
            local=Directory(self.stage.gateway.alias, "gateway"), writer=TwoCommands(elsewhere=elsewhere)
        )

    @asynccontextmanager
    async def writer(self, serving: Belt | None) -> AsyncIterator[Writer]:
        stage = self.stage
        others = {} if serving is None else {serving.name: wanted(stage, serving, self.at(serving))}
        known = {belt.name: seals(belt) for belt in (stage.blue, stage.green)}
        foreign = Foreign(writer="w", known=known)
        with stage.ledger() as ledger:
            async with arrival.opened(stage.gateway.url, foreign=foreign) as connections:
                yield Writer(
                    store=self.alias,
                    ledger=ledger,
                    policy=POLICY,
                    connections=connections,
                    leases=Leases(gateway="gateway", place=Host(stage.hosts), soak=timedelta(hours=8)),
                    others=others,
                    again=stage.again,
                    lift=None,
                    limits=LIMITS,
                )

    def at(self, belt: Belt) -> str:
        return self.stage.gateway.dials[belt.name]

    def leads(self, belt: Belt) -> str:
        return f"http://{self.at(belt)}/v1/graphql"

    async def move(self, to: Belt, serving: Belt | None = None) -> Moved:
        async with self.writer(serving) as writer:
            return await writer.move(wanted(self.stage, to, self.at(to)))

    async def promote(self, to: Belt, serving: Belt | None = None) -> Moved:
        self.stage.certify(to, serving)
        return await self.move(to, serving)


@pytest.fixture
def there(database: str, tmp_path: Path) -> Iterator[Elsewheres]:
    """It leads to blue already, which nobody here has set."""
    for belt in ("blue", "green"):
        (tmp_path / "hosts" / belt).mkdir(parents=True)
    with ExitStack() as stack:
        found = stack.enter_context(running(tmp_path, TOKEN))
        gateway = Gateway(url=Address(found.url), alias=tmp_path / "alias", dials={})
        stage = Stage(gateway=gateway, database=database, hosts=tmp_path / "hosts")
        engines = {belt.name: Engine(seals(belt), belt.heights) for belt in (stage.blue, stage.green)}
        for name, engine in engines.items():
            gateway.dials[name] = stack.enter_context(engine.running())
        there = Elsewheres(stage=stage, running=found, engines=engines)
        there.platform.lead(there.leads(stage.blue))
        yield there


async def test_promoted_and_rolled_back(there: Elsewheres) -> None:
    """Taken in, promoted worker by worker, and led back; how atomic that was is told and written down."""
    blue, green = there.stage.blue, there.stage.green
    assert there.alias.leads("blue")
    await there.promote(blue)
    assert there.platform.sets == 0, "it led there already"
    there.platform.pause = 1.0
    moved = await there.promote(green, blue)
    assert there.platform.workers == [there.leads(green)] * 2
    seen = moved.arrival.atomicity
    assert seen is not None
    assert seen.mixed is not None
    assert seen.mixed > timedelta()
    assert seen.failed == 0
    assert "both belts answered for" in moved.arrival.words
    refused = measures.worse(there.alias, "w", AliasPolicy(longest_mixed=timedelta(milliseconds=1)))
    assert refused is not None
    assert measures.worse(there.alias, "w", NO_ALIAS) is None
    assert (await there.move(blue, green)).kind == "rolled back"
    assert (there.alias.read(), there.platform.sets) == (there.alias.record(), 2)
    assert there.stage.holding(blue) == "serves"
    assert there.stage.booked == [
        ("promotion", "blue", Result.SERVED),
        ("promotion", "green", Result.SERVED),
        ("rollback", "blue", Result.SERVED),
    ]


@pytest.mark.deep
async def test_a_platform_that_lies(there: Elsewheres) -> None:
    """It accepts and changes nothing: the move is undone, its belt let go, and blue serves on."""
    blue, green = there.stage.blue, there.stage.green
    await there.promote(blue)
    there.platform.lies = True
    with pytest.raises(Unset, match="as before"):
        await there.promote(green, blue)
    assert there.stage.booked[-1] == ("promotion", "green", Result.UNDONE)
    assert there.alias.read() == there.alias.record()
    assert there.stage.holding(green) == ""
    there.platform.lies = False
    assert (await there.promote(green, blue)).kind == "promoted"


@pytest.mark.deep
async def test_a_get_that_lies(there: Elsewheres) -> None:
    """`get` tells of green, and every answer is blue's: nothing has arrived, and it is put back."""
    blue, green = there.stage.blue, there.stage.green
    await there.promote(blue)
    there.platform.stuck = True
    with pytest.raises(Unmoved, match="the alias was put back"):
        await there.promote(green, blue)
    assert there.stage.booked[-1] == ("promotion", "green", Result.UNDONE)
    assert there.platform.told == there.leads(blue)
    assert there.alias.read() == there.alias.record()


@pytest.mark.deep
async def test_a_platform_that_is_mute_after_set(there: Elsewheres) -> None:
    """Nothing further is tried, both belts are held, and whoever comes next ends it by what `get` says."""
    blue, green = there.stage.blue, there.stage.green
    await there.promote(blue)
    there.platform.mute_after_set = True
    with pytest.raises(AliasUntold, match="nothing further is tried"):
        await there.promote(green, blue)
    sets = there.platform.sets
    assert there.stage.booked[-1][1:] == ("green", None)
    assert (there.stage.holding(blue), bool(there.stage.holding(green))) == ("serves", True)
    for to, left in ((green, blue), (blue, green)):
        with pytest.raises(AliasUntold):
            await there.move(to, left)
    assert there.platform.sets == sets
    there.platform.mute_after_set = there.platform.mute = False
    await there.move(green, blue)
    assert there.stage.booked[-1] == ("promotion", "green", Result.SERVED)
    assert there.stage.holding(green) == "serves"


@pytest.mark.deep
async def test_led_by_hand_to_the_old_one(there: Elsewheres) -> None:
    """The way out of a move that nobody could tell: it is booked as undone."""
    blue, green = there.stage.blue, there.stage.green
    await there.promote(blue)
    there.platform.mute_after_set = True
    with pytest.raises(AliasUntold):
        await there.promote(green, blue)
    there.platform.mute_after_set = there.platform.mute = False
    there.platform.lead(there.leads(blue))
    await there.move(blue, green)
    assert there.stage.booked[-1] == ("promotion", "green", Result.UNDONE)
    assert (there.stage.holding(blue), there.stage.holding(green)) == ("serves", "")


async def test_the_door_of_an_audit(there: Elsewheres, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose answer comes through the alias is told by its seal, where no name is on it."""
    blue, green = there.stage.blue, there.stage.green
    monkeypatch.setattr("gate.audit.exported.export", lambda *_: {})
    monkeypatch.setattr("gate.audit.exported.declared", lambda _: blue.declared)
    shown = SimpleNamespace(seals=KEYS.get)
    targets = Targets(
        place=cast("Place", SimpleNamespace(audited=lambda: shown)),
        alias=there.alias,
        gateway="gateway",
        stack="gateway",
        project=there.stage.hosts,
        environment={},
        lag=0,
        patience=timedelta(),
        url=there.running.url,
    )
    to = Standing(belt="blue", identity=blue.identity, dial=there.at(blue), heights={})
    told = first(to, since="", move=1, certificate=None)
    assert await _door(targets, told) == Answer(belt="blue", status=200)
    there.platform.lead(there.leads(green))
    assert await _door(targets, told) == Answer(belt=None, status=200)
    there.platform.lead("http://127.0.0.1:1")
    assert await _door(targets, told) == Answer(belt=None, status=502)
