"""One run: whatever a probe or a check does, a verdict comes of it, in time, and never a pass by accident."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Any, NoReturn

import pytest

from gate.all_probes import PROBES
from gate.boundary import held
from gate.checks import CHECKS, reachable
from gate.checks.check import Check
from gate.claims import Claim
from gate.finding import Finding
from gate.observations import Answers, Observations
from gate.outcome import Outcome
from gate.policy import Policy
from gate.probes.probe import Probe
from gate.probes.world import World
from gate.run import Gate
from gate.verdict import Verdict
from tests.unit.gate.core.builders import NOW, endpoints, policy, seen

ANSWERS = Answers(public=0.01)
REACHABLE = frozenset({Claim.REACHABLE})


async def well(_: World) -> Answers:
    return ANSWERS


def raising(error: BaseException) -> Callable[[World], Awaitable[object]]:
    async def look(_: World) -> NoReturn:
        await asyncio.sleep(0)
        raise error

    return look


class Unspeakable(Exception):
    """An exception whose text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError


async def run(
    look: Callable[[World], Awaitable[object]], *, deadline: float = 5.0, **changes: Any
) -> Verdict:
    probes = (
        Probe(field="serving_answers", claims=REACHABLE, look=well),
        Probe(field="candidate_answers", claims=REACHABLE, look=look),
    )
    gate = Gate(**({"probes": probes, "checks": (reachable.CHECK,)} | changes))
    return await gate.run(endpoints(), policy(deadline=timedelta(seconds=deadline)), seed=1)


def finding_of(verdict: Verdict) -> Finding:
    [finding] = verdict.findings
    return finding


async def test_both_seen() -> None:
    """Where all is well the claim passes, and still not the verdict: eight claims were never judged."""
    verdict = await run(well)
    assert finding_of(verdict).outcome is Outcome.PASSED
    assert verdict.outcome is Outcome.COULD_NOT_TELL


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError(), "RuntimeError, without a text"),
        (AssertionError(), "AssertionError, without a text"),
        (TimeoutError(), "TimeoutError, without a text"),
        (SystemExit(0), "SystemExit: 0"),
        (SystemExit(), "SystemExit, without a text"),
        (KeyboardInterrupt(), "KeyboardInterrupt, without a text"),
        (GeneratorExit(), "GeneratorExit, without a text"),
        (BaseExceptionGroup("two", [SystemExit(3), ValueError("no")]), "SystemExit: 3; ValueError: no"),
        (ExceptionGroup("one", [Unspeakable()]), "Unspeakable, without a text"),
        (MemoryError(), "MemoryError, without a text"),
        (asyncio.CancelledError(), "the gate's time was up"),
    ],
)
async def test_a_probe_that_raises(error: BaseException, said: str) -> None:
    """Whatever a probe raises becomes words, and the claim that needed it is not passed."""
    finding = finding_of(await run(raising(error)))
    assert finding.outcome is Outcome.COULD_NOT_TELL
    assert said in finding.points[-1].observed


async def test_nothing_is_begun_that_nobody_waits_for(recwarn: pytest.WarningsRecorder) -> None:
    """A probe that is ended before it began was never called: it is not half made and dropped."""
    probe = asyncio.create_task(held(partial(asyncio.sleep, 1)))
    probe.cancel()
    await asyncio.wait([probe])
    assert probe.cancelled()
    gc.collect()
    assert [str(one.message) for one in recwarn] == []


def told(field: str) -> Callable[[World], Awaitable[object]]:
    """A probe that sees what is as it should be."""

    async def look(_: World) -> object:
        return getattr(seen(), field)

    return look


@pytest.mark.parametrize("error", [RuntimeError(), SystemExit(0), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("broken", PROBES, ids=lambda probe: probe.field)
async def test_any_probe_of_the_gate_that_raises(
    broken: Probe, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each leaves claims of its own open, in words, and every other claim as it was: passed."""
    monkeypatch.setattr("gate.run.datetime", Frozen)
    probes = [replace(each, look=told(each.field)) for each in PROBES]
    whole = await Gate(probes=probes).run(endpoints(), policy(), seed=1)
    assert whole.outcome is Outcome.PASSED, [point.observed for point in whole.unproved]

    probes = [replace(each, look=raising(error)) if each.field == broken.field else each for each in probes]
    verdict = await Gate(probes=probes).run(endpoints(), policy(), seed=1)
    assert verdict.outcome is Outcome.COULD_NOT_TELL
    left = {finding.claim: finding for finding in verdict.findings if finding.outcome is not Outcome.PASSED}
    assert left.keys() <= broken.claims
    assert type(error).__name__ in "".join(
        point.observed for finding in left.values() for point in finding.points
    )


class Frozen(datetime):
    """The time at which all is as it should be."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Frozen":
        return cls.combine(NOW.date(), NOW.time(), tz)


@pytest.mark.parametrize("error", [SystemExit(0), KeyboardInterrupt(), RuntimeError()])
async def test_a_shared_reading_that_raises(error: BaseException) -> None:
    """The same for what probes read together."""

    async def read(_: World) -> NoReturn:
        raise error

    async def look(world: World) -> object:
        return await world.once(read)

    assert finding_of(await run(look)).outcome is Outcome.COULD_NOT_TELL


async def test_a_shared_reading_is_made_once() -> None:
    """Two probes that ask for the same share one reading, and another argument is another reading."""
    made: list[str] = []

    async def read(_: World, name: str) -> str:
        made.append(name)
        await asyncio.sleep(0)
        return name

    async def look(world: World) -> object:
        await asyncio.gather(world.once(read, "a"), world.once(read, "a"), world.once(read, "b"))
        return ANSWERS

    assert finding_of(await run(look)).outcome is Outcome.PASSED
    assert made == ["a", "b"]


async def test_a_probe_that_hangs() -> None:
    """At the deadline the gate speaks without it."""

    async def look(_: World) -> NoReturn:
        await asyncio.Event().wait()
        raise AssertionError

    finding = finding_of(await run(look, deadline=0.3))
    assert finding.outcome is Outcome.COULD_NOT_TELL
    assert "time was up" in finding.points[-1].observed


async def test_a_probe_that_will_not_stop() -> None:
    """One that ignores that it is cancelled has seen nothing either, and is not waited for."""
    stop = asyncio.Event()

    async def look(_: World) -> object:
        while not stop.is_set():
            try:
                await stop.wait()
            except asyncio.CancelledError:
                continue
        return ANSWERS

    finding = finding_of(await run(look, deadline=0.2))
    stop.set()  # only now it may end, and the gate has spoken
    assert finding.points[-1].observed == "it did not stop when the gate's time was up"


async def test_an_interrupted_run() -> None:
    """Probes get to close what they opened before the interrupt goes on."""
    closed = asyncio.Event()

    async def look(_: World) -> object:
        try:
            return await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            closed.set()

    task = asyncio.create_task(run(look))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed.is_set()


async def test_a_check_that_breaks() -> None:
    """A check that raises leaves every part of its claim open."""

    def judge(_: Observations, __: Policy) -> Finding:
        """It holds."""
        raise ZeroDivisionError

    broken = Check(claim=Claim.REACHABLE, parts=reachable.PARTS, judge=judge)
    finding = finding_of(await run(well, checks=(broken,)))
    assert finding.outcome is Outcome.COULD_NOT_TELL
    assert "ZeroDivisionError" in finding.points[0].observed


async def test_a_check_that_says_nothing() -> None:
    """A check without a word about a part does not pass it."""

    def judge(_: Observations, __: Policy) -> Finding:
        """It holds."""
        return Finding(claim=Claim.REACHABLE, points=())

    silent = Check(claim=Claim.REACHABLE, parts=reachable.PARTS, judge=judge)
    assert finding_of(await run(well, checks=(silent,))).outcome is Outcome.COULD_NOT_TELL


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.claim)
def test_a_claim_asked_for_alone_is_looked_at_whole(check: Check) -> None:
    """Whatever its parts read, a probe looks at for this claim."""
    looked = {probe.field for probe in PROBES if check.claim in probe.claims}
    assert {field for part in check.parts for field in part.reads} <= looked


@pytest.mark.parametrize("only", [frozenset({Claim.REACHABLE}), frozenset({Claim.RUNTIME})])
async def test_only_some_claims(only: frozenset[Claim]) -> None:
    """A partial run looks only at what it needs, judges only what was asked for, and never passes."""
    looked = []

    async def look(_: World) -> object:
        looked.append(1)
        return ANSWERS

    probes = [Probe(field="candidate_answers", claims=REACHABLE, look=look)]
    gate = Gate(probes=probes, checks=CHECKS)
    verdict = await gate.run(endpoints(), policy(), seed=1, only=only)
    assert {finding.claim for finding in verdict.findings} == only
    assert bool(looked) is (Claim.REACHABLE in only)
    assert verdict.outcome is not Outcome.PASSED


async def test_no_checks() -> None:
    """A gate with nothing to ask has not passed."""
    assert (await run(well, checks=())).outcome is Outcome.COULD_NOT_TELL


async def test_the_order_of_the_report() -> None:
    """Findings stand in the order of the checks, whichever probe was first."""
    verdict = await Gate(probes=()).run(endpoints(), policy(), seed=1)
    assert [finding.claim for finding in verdict.findings] == [check.claim for check in CHECKS]
