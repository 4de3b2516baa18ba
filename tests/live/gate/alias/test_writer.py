"""The writer with a real gateway and a real ledger: what moves, what does not, what a crash leaves."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from belts.runtimes.process import lease_files
from belts.runtimes.process.host import Host
from belts.spec.identity import Identity
from gate.alias import directory as alias
from gate.alias import leases
from gate.alias.directory import Directory
from gate.alias.leases import Leases
from gate.alias.move import arrival
from gate.alias.move.own_paths import OwnPaths
from gate.alias.move.writer import Limits, Moved, Writer
from gate.alias.order.wanted import Wanted
from gate.alias.sight import Sight, UnprovedError
from gate.alias.state import Served
from gate.alias.unmoved import Unmoved
from gate.ledger import Author, Ledger, LedgerUnreachable, Result
from tests.identities import identity
from tests.live.gate.alias.confirmed import Confirmed
from tests.live.gate.alias.conftest import Gateway
from tests.live.gate.ledgers import opened
from tests.live.gate.verdicts import POLICY, passed, report

pytestmark = pytest.mark.live

QUICK = Limits(catch_up=timedelta(seconds=1), arrive=timedelta(seconds=5))


@dataclass
class Belt:
    """A belt that stands where it is told to."""

    name: str
    heights: dict[int, int] = field(default_factory=lambda: {1: 100, 10: 200})
    table: int = 1
    dead: bool = False
    seen_table: int | None = None
    """Its chain table as its database shows it, where that is not the one that its stack declares."""

    @property
    def declared(self) -> Identity:
        return identity(self.name, chain_table_oid=self.table)

    @property
    def identity(self) -> str:
        return self.declared.digest

    async def __call__(self) -> Sight:
        if self.dead:
            raise UnprovedError(f"{self.name} is not to be seen", expected="a belt", seen="none", now="look")
        seen = self.declared.seed
        if self.seen_table is not None:
            seen = replace(seen, chain_table_oid=self.seen_table)
        return Sight(seed=seen, heights=dict(self.heights))


@dataclass
class Stage:
    """One gateway, its ledger, and the two belts."""

    gateway: Gateway
    database: str
    hosts: Path
    again: Confirmed = field(default_factory=Confirmed)
    lift: str | None = None
    break_ends: datetime | None = None
    known: dict[str, Wanted] = field(default_factory=dict)
    """The belts that the writer is told of beside the wanted one."""
    blue: Belt = field(default_factory=lambda: Belt("blue"))
    green: Belt = field(default_factory=lambda: Belt("green"))

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        with opened(self.database, Author(gateway="gateway", stack="gateway", who="ada")) as ledger:
            yield ledger

    def certify(self, belt: Belt, against: Belt | None = None, **changes: Any) -> None:
        verdict = passed(
            belt.name,
            belt.identity,
            serving=against.name if against else None,
            serving_identity=against.identity if against else None,
            heights=dict(belt.heights),
        )
        with self.ledger() as ledger:
            ledger.record_verdict(replace(verdict, **changes))

    @asynccontextmanager
    async def writer(self, ledger: Ledger | None, serving: Belt | None) -> AsyncIterator[Writer]:
        self.known.clear()
        self.known.update({serving.name: self.wanted(serving)} if serving else {})
        async with arrival.opened(self.gateway.url) as connections:
            yield Writer(
                store=Directory(self.gateway.alias, "gateway"),
                ledger=ledger,
                policy=POLICY,
                connections=connections,
                leases=Leases(gateway="gateway", place=Host(self.hosts), soak=timedelta(hours=8)),
                others=self.known,
                again=self.again,
                lift=self.lift,
                limits=QUICK,
                break_ends=self.break_ends,
            )

    def wanted(self, belt: Belt) -> Wanted:
        dial = self.gateway.dials[belt.name]
        return Wanted(belt=belt.name, dial=dial, declared=belt.declared, probe=belt)

    async def move(self, to: Belt, serving: Belt | None = None, *, without_ledger: bool = False) -> Moved:
        wanted = self.wanted(to)
        if without_ledger:
            async with self.writer(None, serving) as writer:
                return await writer.move(wanted)
        with self.ledger() as ledger:
            async with self.writer(ledger, serving) as writer:
                return await writer.move(wanted)

    async def promote(self, to: Belt, serving: Belt | None = None) -> Moved:
        self.certify(to, serving)
        return await self.move(to, serving)

    def copy(self, cluster: str) -> str:
        """What the ledger holds now, as a backup of it."""
        name, copied = conninfo_to_dict(self.database)["dbname"], "backup"
        with psycopg.connect(cluster, autocommit=True) as connection:
            connection.execute(f"drop database if exists {copied}".encode())
            connection.execute(f"create database {copied} template {name}".encode())
        return make_conninfo(self.database, dbname=copied)

    @property
    def served(self) -> Served | None:
        return alias.read(self.gateway.alias)

    @property
    def booked(self) -> list[tuple[str, str, Result | None]]:
        with self.ledger() as ledger:
            return [(move.kind.value, move.belt, move.result) for move in reversed(ledger.moves())]

    def holding(self, belt: Belt) -> str:
        """What holds a belt, in a word."""
        held = lease_files.holding(self.hosts / belt.name)
        return held[0].split()[1] if held else ""

    def traces(self) -> tuple[Any, ...]:
        """What would change if anybody touched the alias."""
        current = self.gateway.alias / "current"
        return (current.readlink(), current.lstat().st_mtime_ns, current.stat().st_mtime_ns)


@pytest.fixture
def stage(gateway: Gateway, database: str, tmp_path: Path) -> Stage:
    for belt in ("blue", "green"):
        (tmp_path / "hosts" / belt).mkdir(parents=True)
    return Stage(gateway=gateway, database=database, hosts=tmp_path / "hosts")


async def test_blue_green_blue_green(stage: Stage) -> None:
    """Two promotions, a way back without a certificate, and the way forward again only with one."""
    assert (await stage.promote(stage.blue)).kind == "promoted"
    assert (await stage.promote(stage.green, stage.blue)).kind == "promoted"
    assert (await stage.move(stage.blue, stage.green)).kind == "rolled back"
    with pytest.raises(Unmoved, match="seen:     none in the ledger"):
        await stage.move(stage.green, stage.blue)
    assert (await stage.promote(stage.green, stage.blue)).kind == "promoted"
    assert stage.booked == [
        ("promotion", "blue", Result.SERVED),
        ("promotion", "green", Result.SERVED),
        ("rollback", "blue", Result.SERVED),
        ("promotion", "green", Result.SERVED),
    ]


async def test_a_planned_break(stage: Stage) -> None:
    """Both belts have a path from the promotion on; one that is left by a rollback has none."""
    await stage.promote(stage.blue)
    own = OwnPaths(store=Directory(stage.gateway.alias, "gateway"))
    with stage.ledger() as ledger:
        own.open(datetime.now(UTC) + timedelta(hours=1), ledger)
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    stage.break_ends = end
    await stage.promote(stage.green, stage.blue)
    served = stage.served
    assert served is not None
    assert [(one.belt, one.identity, one.until) for one in served.byways] == [
        ("blue", stage.blue.identity, end),
        ("green", stage.green.identity, end),
    ]
    assert stage.holding(stage.green) == "serves"
    await stage.move(stage.blue, stage.green)
    served = stage.served
    assert served is not None
    assert [one.belt for one in served.byways] == ["blue"]
    assert stage.holding(stage.green) == ""
    own.close("blue")
    assert stage.holding(stage.blue) == "serves"


async def test_who_must_stay(stage: Stage) -> None:
    """Who serves must stay, who was promoted over soaks, and who was rolled back from may go."""
    await stage.promote(stage.blue)
    assert (stage.holding(stage.blue), stage.holding(stage.green)) == ("serves", "")
    await stage.promote(stage.green, stage.blue)
    assert (stage.holding(stage.blue), stage.holding(stage.green)) == ("soaks", "serves")
    await stage.move(stage.blue, stage.green)
    assert (stage.holding(stage.blue), stage.holding(stage.green)) == ("serves", "")


async def test_a_refusal_leaves_no_trace(stage: Stage) -> None:
    """After a refusal the alias has the same target and times, and the ledger no new row."""
    await stage.promote(stage.blue)
    before, booked = stage.traces(), stage.booked
    with pytest.raises(Unmoved):
        await stage.move(stage.green, stage.blue)
    assert (stage.traces(), stage.booked) == (before, booked)


@pytest.mark.parametrize(
    "flaw",
    [
        {"outcome": "failed"},
        {"partial": True},
        {"valid_for": timedelta(microseconds=1)},
        {"identity": "0" * 64},
    ],
    ids=["failed", "partial", "expired", "of another candidate"],
)
async def test_a_verdict_that_is_no_certificate(stage: Stage, flaw: dict[str, Any]) -> None:
    """What is not a passed, full, unexpired verdict about this very belt moves nothing."""
    await stage.promote(stage.blue)
    before = stage.traces()
    stage.certify(stage.green, stage.blue, **flaw)
    with pytest.raises(Unmoved, match="none in the ledger"):
        await stage.move(stage.green, stage.blue)
    assert stage.traces() == before


async def test_a_certificate_that_a_refusal_has_overtaken(stage: Stage) -> None:
    """It was issued and not used, say by an update that was cancelled; then the gate refused: it is void."""
    await stage.promote(stage.blue)
    stage.certify(stage.green, stage.blue)
    stage.certify(stage.green, stage.blue, outcome="failed")
    with pytest.raises(Unmoved, match="none in the ledger"):
        await stage.move(stage.green, stage.blue)


async def test_a_certificate_is_used_once(stage: Stage) -> None:
    """The certificate of the first time is no certificate for the second."""
    await stage.promote(stage.blue)
    await stage.promote(stage.green, stage.blue)
    await stage.move(stage.blue, stage.green)
    with pytest.raises(Unmoved, match="none in the ledger"):
        await stage.move(stage.green, stage.blue)


async def test_a_candidate_that_was_seeded_again_since_its_certificate(stage: Stage) -> None:
    """The declared belt is certified, the database is another one by now: nothing moves."""
    await stage.promote(stage.blue)
    stage.certify(stage.green, stage.blue)
    wanted = Wanted(
        belt="green",
        dial=stage.gateway.dials["green"],
        declared=stage.green.declared,
        probe=replace(stage.green, table=2),
    )
    before = stage.traces()
    with stage.ledger() as ledger:
        async with stage.writer(ledger, stage.blue) as writer:
            with pytest.raises(UnprovedError, match="seeded again"):
                await writer.move(wanted)
    assert stage.traces() == before


async def test_a_candidate_that_falls_behind_after_its_certificate(stage: Stage) -> None:
    """Just before the write the candidate has to be where the serving belt is, again."""
    await stage.promote(stage.blue)
    stage.certify(stage.green, stage.blue)
    stage.blue.heights[1] = 101
    with pytest.raises(UnprovedError, match="chain 1 at 100 of 101"):
        await stage.move(stage.green, stage.blue)


async def test_a_candidate_that_is_behind_for_a_moment(stage: Stage) -> None:
    """No tolerance, but time: a candidate that catches up within it is promoted."""
    await stage.promote(stage.blue)
    stage.certify(stage.green, stage.blue)
    stage.blue.heights[1] = 101

    async def catch_up() -> None:
        await asyncio.sleep(0.3)
        stage.green.heights[1] = 101

    _, moved = await asyncio.gather(catch_up(), stage.move(stage.green, stage.blue))
    assert moved.served.serves.heights == {1: 101, 10: 200}


async def test_a_belt_that_does_not_answer_behind_the_gateway(stage: Stage) -> None:
    """The gateway is asked after the swap: no arrival, and the alias goes back to where it was."""
    await stage.promote(stage.blue)
    served = stage.served
    stage.gateway.dials["green"] = "127.0.0.1:1"
    with pytest.raises(Unmoved, match="put back"):
        await stage.promote(stage.green, stage.blue)
    assert stage.served == served
    assert (stage.holding(stage.blue), stage.holding(stage.green)) == ("serves", "")
    assert stage.booked[-1] == ("promotion", "green", Result.UNDONE)


async def test_a_first_belt_that_does_not_answer(stage: Stage) -> None:
    """A first alias that does not arrive leaves none."""
    stage.gateway.dials["blue"] = "127.0.0.1:1"
    with pytest.raises(Unmoved, match="put back"):
        await stage.promote(stage.blue)
    assert stage.served is None


async def test_a_second_up(stage: Stage) -> None:
    """Where the alias is what it should be, it is seen to be so, and not written."""
    await stage.promote(stage.blue)
    before = stage.traces()
    assert (await stage.move(stage.blue, stage.blue)).kind == "verified"
    assert stage.traces() == before


async def test_a_rollback_without_a_ledger(stage: Stage) -> None:
    """The way back does not wait for the ledger, and is booked as late by whoever comes next."""
    await stage.promote(stage.blue)
    await stage.promote(stage.green, stage.blue)
    assert (await stage.move(stage.blue, stage.green, without_ledger=True)).kind == "rolled back"
    assert len(stage.booked) == 2
    await stage.move(stage.blue, stage.blue)
    assert stage.booked[-1] == ("rollback", "blue", Result.SERVED)
    with stage.ledger() as ledger:
        last = ledger.last()
    assert last is not None
    assert last.moved_at is not None


async def test_a_promotion_without_a_ledger(stage: Stage) -> None:
    """Without a ledger nothing but the way back is made."""
    await stage.promote(stage.blue)
    stage.certify(stage.green, stage.blue)
    with pytest.raises(Unmoved, match="the ledger does not answer"):
        await stage.move(stage.green, stage.blue, without_ledger=True)


async def test_a_rollback_to_a_belt_that_is_behind_where_it_was(stage: Stage) -> None:
    """A belt that holds less than it was seen to hold is not the belt it was."""
    await stage.promote(stage.blue)
    await stage.promote(stage.green, stage.blue)
    stage.blue.heights[10] = 150
    with pytest.raises(UnprovedError, match="chain 10 at 150, was 200"):
        await stage.move(stage.blue, stage.green)


async def test_a_rollback_to_a_belt_that_was_seeded_again(stage: Stage) -> None:
    """It has the name of the belt before, and is another: only the gate can let it serve."""
    await stage.promote(stage.blue)
    await stage.promote(stage.green, stage.blue)
    stage.blue.table = 2
    with pytest.raises(Unmoved, match="none in the ledger"):
        await stage.move(stage.blue, stage.green)


async def test_a_rollback_says_how_far_consumers_step_back(stage: Stage) -> None:
    """Every chain on which the belt before has not come as far, and by how many blocks."""
    await stage.promote(stage.blue)
    await stage.promote(stage.green, stage.blue)
    stage.green.heights |= {1: 130, 7: 50}
    stage.blue.heights |= {1: 120, 10: 230}
    moved = await stage.move(stage.blue, stage.green)
    assert moved.steps_back == {1: 10, 7: 50}


async def test_an_alias_that_somebody_moved_by_hand(stage: Stage) -> None:
    """It is not taken for promoted, and the way back is gated and told as it was found."""
    await stage.promote(stage.blue)
    served = stage.served
    assert served is not None
    forged = replace(
        served,
        serves=replace(
            served.serves, belt="green", identity=stage.green.identity, dial=stage.gateway.dials["green"]
        ),
    )
    Directory(stage.gateway.alias, "gateway").swap(forged)
    with pytest.raises(Unmoved, match="somebody moved it by hand"):
        await stage.move(stage.green, stage.blue)
    with pytest.raises(Unmoved, match="none in the ledger"):
        await stage.move(stage.blue, stage.green)
    stage.certify(stage.blue)
    assert (await stage.move(stage.blue, stage.green)).kind == "promoted"
    assert [kind for kind, *_ in stage.booked] == ["promotion", "found", "promotion"]
    with pytest.raises(Unmoved, match="none in the ledger"):
        await stage.move(stage.green, stage.blue)


@pytest.mark.parametrize("damage", ["route", "gone", "state"])
async def test_an_alias_that_somebody_damaged(stage: Stage, damage: str) -> None:
    """It says nothing to go by: by the ledger blue serves, and even the way to blue needs a certificate."""
    await stage.promote(stage.blue)
    current = stage.gateway.alias / "current"
    match damage:
        case "route":
            (current / "route").write_text(f"{stage.gateway.dials['green']} green")
        case "state":
            (current / "state.json").write_text("{}")
        case _:
            current.unlink()
    with pytest.raises(Unmoved, match="none in the ledger"):
        await stage.move(stage.blue)
    stage.certify(stage.blue)
    assert (await stage.move(stage.blue)).kind == "promoted"
    assert stage.served is not None
    assert stage.served.behind == ()
    stage.certify(stage.green, stage.blue)
    assert (await stage.move(stage.green, stage.blue)).kind == "promoted"


async def test_a_recovery_from_a_dead_belt(stage: Stage) -> None:
    """With a certificate of a recovery the dead belt is not asked: what it had reached is the goal."""
    await stage.promote(stage.blue)
    stage.blue.dead = True
    stage.certify(stage.green, stage.blue)
    with pytest.raises(UnprovedError, match="not to be seen"):
        await stage.move(stage.green, stage.blue)
    stage.certify(stage.green, stage.blue, mode="recovery")
    assert (await stage.move(stage.green, stage.blue)).kind == "promoted"


async def test_two_at_once(stage: Stage) -> None:
    """Of two who move the alias at once, one does."""
    await stage.promote(stage.blue)
    stage.certify(stage.green, stage.blue)
    results = await asyncio.gather(
        stage.move(stage.green, stage.blue), stage.move(stage.green, stage.blue), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["AliasRefused", "Moved"]


@pytest.mark.parametrize("step", ["begin", "swap", "arrival", "end"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_interruption_at_every_step(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    """Whatever step is the last, one belt answers, and the next writer finishes or undoes the move."""
    await stage.promote(stage.blue)
    stage.certify(stage.green, stage.blue)
    owner, name = {
        "begin": (Ledger, "begin"),
        "swap": (Directory, "swap"),
        "arrival": (arrival.GatewayConnections, "leads_to"),
        "end": (Ledger, "end"),
    }[step]
    whole = getattr(owner, name)

    class Killed(BaseException):
        """Nobody catches it."""

    def torn(*args: Any, **kwargs: Any) -> Any:
        if when == "after":
            whole(*args, **kwargs)
        raise Killed

    async def torn_wait(*args: Any, **kwargs: Any) -> Any:
        if when == "after":
            await whole(*args, **kwargs)
        raise Killed

    monkeypatch.setattr(owner, name, torn_wait if step == "arrival" else torn)
    with pytest.raises(Killed):
        await stage.move(stage.green, stage.blue)
    monkeypatch.undo()

    served = stage.served
    assert served is not None
    async with arrival.opened(stage.gateway.url) as connections:
        await connections.leads_to(served.serves.belt, timedelta(seconds=10))
    swapped = (step, when) not in {("begin", "before"), ("begin", "after"), ("swap", "before")}
    assert served.serves.belt == ("green" if swapped else "blue")

    assert stage.holding(stage.blue)
    if swapped:
        assert (await stage.move(stage.green, stage.green)).kind == "verified"
        assert stage.booked[-1] == ("promotion", "green", Result.SERVED)
    else:
        assert (await stage.promote(stage.green, stage.blue)).kind == "promoted"
    assert all(result is not None for *_, result in stage.booked)
    assert (stage.holding(stage.blue), stage.holding(stage.green)) == ("soaks", "serves")


@pytest.mark.parametrize("soaks", [False, True])
@pytest.mark.parametrize(("step", "when"), [("begin", "before"), ("begin", "after"), ("swap", "before")])
async def test_an_interrupted_move_that_is_taken_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, step: str, when: str, soaks: bool
) -> None:
    """The operator wants blue again: green is held no more, or soaks as it did before."""
    await stage.promote(stage.blue)
    if soaks:
        lease_files.soak(
            stage.hosts / "green", gateway="gateway", until=datetime.now(UTC) + timedelta(hours=1)
        )
    stage.certify(stage.green, stage.blue)
    owner: Any = Ledger if step == "begin" else Directory
    whole = getattr(owner, step)

    def torn(*args: Any, **kwargs: Any) -> Any:
        if when == "after":
            whole(*args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(owner, step, torn)
    with pytest.raises(KeyboardInterrupt):
        await stage.move(stage.green, stage.blue)
    monkeypatch.undo()
    served = stage.served
    assert served is not None
    assert leases.astray(Host(stage.hosts), "gateway", served)

    assert (await stage.move(stage.blue, stage.blue)).kind == "verified"
    assert (stage.holding(stage.blue), stage.holding(stage.green)) == ("serves", "soaks" if soaks else "")
    assert not leases.astray(Host(stage.hosts), "gateway", served)
    assert all(result is not None for *_, result in stage.booked)


async def test_a_belt_that_is_being_removed(stage: Stage) -> None:
    """A promotion to it is not made, and not begun."""
    await stage.promote(stage.blue)
    assert lease_files.go(stage.hosts / "green") == ()
    before = stage.traces()
    with pytest.raises(Unmoved, match="its removal has begun"):
        await stage.promote(stage.green, stage.blue)
    assert (stage.traces(), len(stage.booked)) == (before, 1)


async def test_an_interrupted_move_to_a_belt_that_died(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The swap was the last that was done, and the new belt does not answer: it is undone."""
    await stage.promote(stage.blue)
    stage.gateway.dials["green"] = "127.0.0.1:1"

    def killed(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(arrival.GatewayConnections, "leads_to", killed)
    with pytest.raises(KeyboardInterrupt):
        await stage.promote(stage.green, stage.blue)
    monkeypatch.undo()
    assert (await stage.move(stage.blue, stage.blue)).kind == "verified"
    assert stage.booked[-1] == ("promotion", "green", Result.UNDONE)


@pytest.mark.parametrize("back", [False, True])
async def test_the_ledger_dies_after_the_swap(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, back: bool
) -> None:
    """The words say where consumers are, and the next update records the move and moves nothing."""
    await stage.promote(stage.blue)
    to, before = (stage.green, stage.blue)
    if back:
        await stage.promote(stage.green, stage.blue)
        to, before = before, to
    else:
        stage.certify(stage.green, stage.blue)

    def gone(*_: Any) -> Any:
        raise LedgerUnreachable("it does not answer")

    monkeypatch.setattr(Ledger, "end", gone)
    with pytest.raises(Unmoved) as told:
        await stage.move(to, before)
    monkeypatch.undo()
    assert str(told.value).startswith(f"{to.name} serves now")
    assert "stays" not in str(told.value)
    assert stage.served is not None
    assert stage.served.serves.belt == to.name

    traces = stage.traces()
    assert (await stage.move(to, before)).kind == "verified"
    assert stage.traces() == traces
    assert stage.booked[-1] == ("rollback" if back else "promotion", to.name, Result.SERVED)


async def test_a_certificate_by_another_policy(stage: Stage) -> None:
    """Forged or left over, it is no certificate for a stack whose policy is another one."""
    await stage.promote(stage.blue)
    stage.certify(stage.green, stage.blue, policy_digest="d" * 64, report=report("d" * 64))
    with pytest.raises(Unmoved, match=r"by the policy that the stack names\n.*none in the ledger"):
        await stage.move(stage.green, stage.blue)


async def test_a_ledger_from_an_older_backup(stage: Stage, cluster: str) -> None:
    """It does not know how the alias came about: nothing but the way back is made, and that is said."""
    await stage.promote(stage.blue)
    older = stage.copy(cluster)
    await stage.promote(stage.green, stage.blue)
    stage.database = older
    stage.certify(stage.blue, stage.green)
    for to in (stage.green, Belt("red")):
        stage.gateway.dials.setdefault("red", stage.gateway.dials["blue"])
        with pytest.raises(Unmoved, match="restored from an older backup"):
            await stage.move(to, stage.green)
    assert (await stage.move(stage.blue, stage.green)).kind == "rolled back"
    assert stage.served is not None
    assert (stage.served.serves.belt, stage.served.move) == ("blue", None)


async def test_the_ledger_dies_between_certificate_and_move(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A promotion that cannot be recorded is not made."""
    await stage.promote(stage.blue)
    stage.certify(stage.green, stage.blue)
    before = stage.traces()

    def gone(*_: Any) -> Any:
        raise LedgerUnreachable("it does not answer")

    monkeypatch.setattr(Ledger, "begin", gone)
    with pytest.raises(LedgerUnreachable):
        await stage.move(stage.green, stage.blue)
    assert stage.traces() == before
