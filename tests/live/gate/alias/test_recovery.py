"""A serving belt dies: the candidate is judged by what its last certificate remembers, and no less."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from belts.spec.identity import Identity
from gate.alias.certificate import memory
from gate.alias.certificate.memory import Memory
from gate.alias.move.last_heights import last_heights
from gate.alias.order.order import Candidate, OrderRefused
from gate.alias.sight import Sight, UnprovedError
from gate.alias.state import Standing, first
from gate.certify import taking
from gate.endpoints import Endpoints
from gate.finding import Point
from gate.ledger import Author, Ledger, Result
from gate.observations.unobserved import Unobserved
from gate.outcome import Outcome
from gate.policy import Policy
from gate.recovery import death, stall
from gate.recovery.death import Death
from gate.recovery.trial import MODE, Stands, trial
from gate.run import Gate
from gate.secret import Address, Secret
from gate.verdict import Verdict as Judged
from tests.conftest import Ports
from tests.deep import one_of_each
from tests.identities import SEED, identity
from tests.live.gate.conftest import named
from tests.live.gate.ledgers import opened
from tests.live.gate.relay import relay
from tests.live.gate.scene import HELD, Scene, Twin, claiming, doors, execute
from tests.live.gate.verdicts import POLICY, passed, promotion, report
from tests.live.world import Belt

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

ACCEPTED = [{"part": "content.rows", "reason": "what changes is not settled by a height any more"}]

UNKNOWN = ("counts",)
"""What nobody can tell of where nothing is remembered of the dead belt's rows."""

UNPROVED = [
    {"entity": entity, "reason": "what changes is not settled by a height any more"}
    for entity in ("Account", "ChainActivity", "Position")
]


def declared(belt: Belt) -> Identity:
    return identity(
        str(belt.postgres["systemIdentifier"]),
        database_oid=int(belt.postgres["databaseOid"]),
        chain_table_oid=int(belt.indexer["chainTableOid"]),
        project_digest=belt.name,
    )


async def taken(endpoints: Endpoints, policy: Policy) -> Memory | Unobserved:
    return await taking.take(endpoints, policy, ends=time.monotonic() + 60, begun=asyncio.Event())


@dataclass(frozen=True, kw_only=True)
class Grave:
    """Blue served, its certificate is in the ledger, and its doors lead nowhere."""

    scene: Scene
    twin: Twin
    ledger: Ledger
    dead: Candidate

    def recovery(self, **changes: Any) -> dict[str, Any]:
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
        return {"belt": "blue", "reason": "its disk is gone", "expires": tomorrow} | changes

    def policy(self, recovery: dict[str, Any] | None = None, **changes: Any) -> Policy:
        said = {"recovery": recovery or self.recovery(), "accept": ACCEPTED, "unproved": UNPROVED}
        return self.scene.parity(**(said | changes))

    @property
    def candidate(self) -> Candidate:
        belt = self.twin.belt
        return Candidate(belt="twin", dial="", identity=declared(belt), doors=doors(belt))

    async def certify(self, policy: Policy, **changes: Any) -> None:
        """What a promotion of blue leaves in the ledger."""
        blue = self.scene.world.blue
        state = memory.encode(await taken(Endpoints(serving=None, candidate=doors(blue)), policy))
        told = report(POLICY) | {"state": state}
        certificate = passed("blue", declared(blue).digest, report=told)
        row = replace(certificate, **changes)
        self.ledger.record_verdict(row)
        self.ledger.end(self.ledger.begin(promotion(row, heights={})), Result.SERVED, "it answers")

    async def judge(
        self,
        policy: Policy | None = None,
        *,
        serving: Candidate | None = None,
        about: Collection[str] = (),
    ) -> Judged:
        """What the whole gate says; or of some claims alone, by whom it is told faster."""
        policy, serving = policy or self.policy(), serving or self.dead
        endpoints = Endpoints(serving=serving.doors, candidate=self.candidate.doors)
        how = await trial(
            Gate(cache=self.scene.kept),
            policy,
            endpoints,
            serving=serving,
            candidate=self.candidate,
            ledger=self.ledger,
            ends=time.monotonic() + 60,
            watch=quickly,
        )
        assert (how.mode == MODE) == bool(how.gate.checks != Gate().checks)
        checks = claiming(how.gate.checks, about) if about else how.gate.checks
        return await replace(how.gate, checks=checks).run(endpoints, policy, seed=1)


async def quickly(serving: Candidate, endpoints: Endpoints) -> Death:
    """The same look, not as often."""
    return await death.watch(
        serving.doors, endpoints.alias, name=serving.belt, looks=2, apart=timedelta(milliseconds=100)
    )


@pytest.fixture
def grave(scene: Scene, twin: Twin, database: str, free_port: Callable[[], int]) -> Iterator[Grave]:
    nowhere = doors(
        scene.world.blue,
        graphql=Address(f"http://127.0.0.1:{free_port()}/v1/graphql"),
        database=Secret(f"postgresql://gate:x@127.0.0.1:{free_port()}/belts"),
    )
    dead = Candidate(belt="blue", dial="", identity=declared(scene.world.blue), doors=nowhere)
    with opened(database, Author(gateway="gateway", stack="gateway", who="ada")) as ledger:
        yield Grave(scene=scene, twin=twin, ledger=ledger, dead=dead)


def points(judged: Judged, outcome: Outcome) -> list[Point]:
    return [
        point
        for finding in judged.findings
        for point in finding.points
        if point.outcome is outcome and not point.accepted
    ]


def told(judged: Judged) -> str:
    wrong = [*points(judged, Outcome.FAILED), *points(judged, Outcome.COULD_NOT_TELL)]
    return "\n".join(f"{point.part.path}: {point.observed}" for point in wrong)


async def test_a_twin_takes_over(grave: Grave) -> None:
    """It holds what blue held, so it passes; that blue was not asked is listed."""
    await grave.certify(grave.scene.parity())
    judged = await grave.judge()
    assert judged.outcome is Outcome.PASSED, told(judged)
    assert any("recovery of blue" in line for line in judged.waived)
    assert any("recovery of blue" in line for line in judged.policy.loosened)
    compared = [point for finding in judged.findings for point in finding.points if "rows" in point.observed]
    assert any("Transfer" in point.observed for point in compared)


async def test_a_row_that_is_missing(grave: Grave) -> None:
    """One row below the height of the certificate fails, whatever else holds."""
    await grave.certify(grave.scene.parity())
    belt = grave.twin.belt
    kept = (
        "CREATE SCHEMA kept",
        'CREATE TABLE kept.row AS SELECT * FROM "Transfer" ORDER BY "blockNumber", id LIMIT 1',
        'DELETE FROM "Transfer" WHERE id = (SELECT id FROM kept.row)',
    )
    try:
        assert execute(belt, *kept) == 1
        judged = await grave.judge(about=("counts", "content"))
        assert judged.outcome is Outcome.FAILED
        failed = {point.part.path for point in points(judged, Outcome.FAILED)}
        assert {"counts.rows", "content.rows"} <= failed
    finally:
        execute(belt, 'INSERT INTO "Transfer" SELECT * FROM kept.row', "DROP SCHEMA kept CASCADE")


async def test_heights_that_it_has_not(grave: Grave) -> None:
    """A candidate that is lower than the dead belt was is no candidate."""
    chain = grave.scene.world.blue.chains[0]
    await grave.certify(grave.scene.parity(), heights={chain: 10**9})
    judged = await grave.judge(grave.policy(deadline="8s"), about=("height",))
    assert judged.outcome is Outcome.FAILED
    assert "height.reached" in {point.part.path for point in points(judged, Outcome.FAILED)}


@pytest.mark.parametrize("remembered", one_of_each([{"state": {"version": 9}}, {}]))
async def test_a_certificate_that_remembers_nothing(grave: Grave, remembered: dict[str, Any]) -> None:
    """Nobody can tell."""
    await grave.certify(grave.scene.parity(), report=report(POLICY) | remembered)
    judged = await grave.judge(grave.policy(deadline="20s"), about=UNKNOWN)
    assert judged.outcome is Outcome.COULD_NOT_TELL, told(judged)


async def test_no_certificate_at_all(grave: Grave) -> None:
    """Nor can anybody, where the belt never came to serve by one."""
    assert (await grave.judge(grave.policy(deadline="20s"), about=UNKNOWN)).outcome is Outcome.COULD_NOT_TELL


async def test_a_certificate_of_another_identity(grave: Grave) -> None:
    """A belt that was seeded again under the same name is another belt."""
    await grave.certify(grave.scene.parity(), identity="e" * 64)
    assert (await grave.judge(grave.policy(deadline="20s"), about=UNKNOWN)).outcome is Outcome.COULD_NOT_TELL


async def test_blue_answers_after_all(grave: Grave) -> None:
    """A belt that answers is not recovered from: refused, with what to do."""
    alive = replace(grave.dead, doors=doors(grave.scene.world.blue))
    with pytest.raises(OrderRefused, match="expected: blue to be dead"):
        await grave.judge(serving=alive)


async def test_only_its_engine_is_dead(grave: Grave) -> None:
    """Its database still takes connections."""
    half = replace(
        grave.dead, doors=replace(grave.dead.doors, database=doors(grave.scene.world.blue).database)
    )
    with pytest.raises(OrderRefused, match="where blue's database is"):
        await grave.judge(serving=half)


@pytest.mark.parametrize(
    "changes", one_of_each([{"expires": datetime(2020, 1, 1, tzinfo=UTC).date()}, {"belt": "red"}])
)
async def test_a_recovery_that_does_not_apply(grave: Grave, changes: dict[str, Any]) -> None:
    """Named for another belt, or over: judged as always, and the dead belt stands in the way."""
    await grave.certify(grave.scene.parity())
    judged = await grave.judge(grave.policy(grave.recovery(**changes), deadline="20s"), about=("reachable",))
    assert judged.outcome is Outcome.FAILED
    assert "reachable.serving" in {point.part.path for point in points(judged, Outcome.FAILED)}


async def test_the_dead_belt_itself(grave: Grave) -> None:
    """The dead belt's database under another name is no candidate."""
    await grave.certify(grave.scene.parity())
    blue = grave.scene.world.blue
    itself = Candidate(belt="twin", dial="", identity=declared(blue), doors=doors(blue))
    endpoints = Endpoints(serving=grave.dead.doors, candidate=itself.doors)
    how = await trial(
        Gate(),
        grave.policy(),
        endpoints,
        serving=grave.dead,
        candidate=itself,
        ledger=grave.ledger,
        ends=time.monotonic() + 60,
        watch=quickly,
    )
    gate = replace(how.gate, checks=claiming(how.gate.checks, ("distinct",)))
    judged = await gate.run(endpoints, grave.policy(), seed=1)
    assert judged.outcome is Outcome.FAILED
    failed = {point.part.path for point in points(judged, Outcome.FAILED)}
    assert {"distinct.answers", "distinct.database"} <= failed


async def test_it_came_back_before_the_write() -> None:
    """Between the verdict and the write the belt is looked at once more."""
    live = first(
        Standing(belt="blue", identity="b" * 64, dial="", heights={1: 7}), since="", move=1, certificate=None
    )

    async def gone() -> Sight:
        raise UnprovedError("nobody is there", expected="a belt", seen="none", now="look")

    async def back() -> Sight:
        return Sight(seed=SEED, heights={1: 9})

    assert await last_heights(gone, live) == {1: 7}
    assert await last_heights(None, live) == {1: 7}
    with pytest.raises(UnprovedError, match="its database answers"):
        await last_heights(back, live)


async def test_what_is_remembered_holds_no_secret(grave: Grave) -> None:
    """No password and no admin secret goes into the ledger."""
    blue = grave.scene.world.blue
    policy = grave.scene.parity()
    held = await taken(Endpoints(serving=None, candidate=doors(blue)), policy)
    assert not isinstance(held, Unobserved)
    text = str(memory.encode(held))
    assert not [name for name, secret in blue.passwords.items() if secret in text]
    assert blue.admin_secret not in text


@dataclass(frozen=True, kw_only=True)
class Standstill:
    """The twin serves and gets nothing of one chain any more; blue is the candidate."""

    grave: Grave
    serving: Candidate
    endpoints: Endpoints
    policy: Policy

    async def watch(self, candidate: Candidate, policy: Policy, ends: float) -> stall.Stall:
        """The same watch, which believes sooner that a belt has stalled."""
        short = timedelta(seconds=8)
        return await stall.watch(candidate, policy, ends, least=short, stands=short)

    async def judge(self, *, seconds: float = 60.0, stands: Stands | None = None) -> Judged:
        blue = self.grave.scene.world.blue
        how = await trial(
            Gate(),
            self.policy,
            self.endpoints,
            serving=self.serving,
            candidate=Candidate(belt="blue", dial="", identity=declared(blue), doors=doors(blue)),
            ledger=self.grave.ledger,
            ends=time.monotonic() + seconds,
            stands=stands or self.watch,
        )
        assert how.mode == "parity"
        return await how.gate.run(self.endpoints, self.policy, seed=1)


@pytest.fixture
async def standstill(grave: Grave, ports: Ports) -> AsyncIterator[Standstill]:
    """With what a promotion of the twin leaves in the ledger."""
    scene, twin = grave.scene, grave.twin
    chains = {each: scene.chain(each, new=False) for each in scene.world.blue.chains}
    chains[HELD] |= {"lagLimit": 15}
    policy = grave.policy(grave.recovery(belt="twin", stalled=True), chains=chains)
    state = memory.encode(await taken(Endpoints(serving=None, candidate=doors(twin.belt)), scene.parity()))
    certificate = passed("twin", declared(twin.belt).digest, report=report(POLICY) | {"state": state})
    grave.ledger.record_verdict(certificate)
    grave.ledger.end(grave.ledger.begin(promotion(certificate, heights={})), Result.SERVED, "it answers")
    serving = Candidate(belt="twin", dial="", identity=declared(twin.belt), doors=doors(twin.belt))
    with relay(ports.one(), twin.belt.graphql, named("twin")) as alias:
        endpoints = scene.endpoints(serving=doors(twin.belt), candidate=doors(scene.world.blue), alias=alias)
        yield Standstill(grave=grave, serving=serving, endpoints=endpoints, policy=policy)


async def test_a_belt_that_has_stalled(standstill: Standstill) -> None:
    """It answers, and stands while its chain goes on: the candidate passes, and what is said is listed."""
    with standstill.grave.twin.held.up():
        for _ in range(30):
            seen = await standstill.watch(standstill.serving, standstill.policy, time.monotonic() + 60)
            if seen.stalled:
                break
        judged = await standstill.judge()
    assert judged.outcome is Outcome.PASSED, told(judged)
    assert any("while it is stalled" in line for line in judged.policy.loosened)


async def test_a_belt_that_goes_on(standstill: Standstill) -> None:
    """What is declared and not so is refused, with what to do, though it stands a while on a busy host."""
    with pytest.raises(OrderRefused, match="expected: twin to have stalled"):
        await standstill.judge(seconds=240, stands=stall.watch)
