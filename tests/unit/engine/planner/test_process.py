"""The engine's end of the process that plans, with a process that answers as it is told."""

import asyncio
import pickle
import signal
from typing import Any

import pytest

from belts.engine.clients.accounts import Account
from belts.engine.errors import BadRequest, EngineError
from belts.engine.plan.nodes import Json
from belts.engine.planner import process
from belts.engine.planner.jobs import HEAD, Done, Plan, Read, Role, Told, World, answered
from belts.engine.planner.process import PlannerProcess
from belts.engine.settings import Limits
from tests.unit.engine import build

LIMITS = Limits()
WORLD = World(build.metadata(), build.catalog(), LIMITS, stringify=False)
SAID = Told({"type": "ping"})
JOB = Read(b"{}")


class Standing:
    """A process that answers to each job what it is told to; to a world that it may be asked."""

    def __init__(self, done: Done) -> None:
        self.done = done
        self.stdin = self
        self.stdout = asyncio.StreamReader()
        self.silent = False
        self.frames: list[bytes] = []
        self.ends = 0
        """How it ends within the next job, where it does."""
        self.ended = asyncio.Event()

    def write(self, frame: bytes) -> None:
        self.frames.append(frame)
        if self.ends:
            self.kill()
        elif not self.silent:
            begins = isinstance(pickle.loads(frame[HEAD:]), World | Role)
            self.stdout.feed_data(bytes(HEAD) if begins else answered(self.done))

    async def drain(self) -> None:
        """It has read it."""

    def kill(self) -> None:
        if self.ended.is_set():
            raise ProcessLookupError
        self.ended.set()
        self.stdout.feed_eof()

    async def wait(self) -> int:
        await self.ended.wait()
        return self.ends


class Bench:
    """The engine's end, the processes that it started, and what was charged."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, done: Done) -> None:
        self.process, self.started, self.charged = PlannerProcess(LIMITS), list[Standing](), list[float]()
        self.account, self.silent = Account(name="a"), False

        async def start(*_command: str, **_how: Any) -> Standing:
            self.started.append(Standing(done))
            self.started[-1].silent = self.silent
            return self.started[-1]

        monkeypatch.setattr("asyncio.create_subprocess_exec", start)

    async def ask(self, job: Plan | Read = JOB) -> Any:
        return await self.process.ask(self.account, WORLD, job, self.charged.append)


async def test_a_job_that_cannot_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused in words, and the process, which has no part in it, is there for the next one."""
    bench = Bench(monkeypatch, Done(SAID, 0.1))
    nested: Json = []
    for _ in range(50_000):
        nested = [nested]
    assert await bench.ask() == SAID
    with pytest.raises(BadRequest, match="nested"):
        await bench.ask(Plan("public", {}, ("{ items { id } }", None, {"v": nested})))
    assert await bench.ask() == SAID
    assert (len(bench.started), bench.charged) == (1, [0.1, 0.1])


async def test_a_process_that_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asked is told that the engine is busy, and pays nothing; the next one has another process."""
    monkeypatch.setattr(process, "BEGINS_S", 0.01)
    bench = Bench(monkeypatch, Done(SAID, 0.1))
    bench.silent = True
    with pytest.raises(EngineError, match="did not begin") as told:
        await bench.ask()
    assert (told.value.code, bench.charged) == (process.CROWDED, [])
    assert bench.started[0].ended.is_set()
    bench.silent = False
    assert await bench.ask() == SAID


async def test_a_role_that_is_asked_for_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its schema is made before the job begins, once; to each process the world is told as to the first."""
    bench = Bench(monkeypatch, Done(SAID, 0.1))
    for role in ("public", "public", "other"):
        await bench.ask(Plan(role, {}, ("{ items { id } }", None, {})))
    (standing,) = bench.started
    kinds = [type(pickle.loads(frame[HEAD:])) for frame in standing.frames]
    assert kinds == [World, Role, Plan, Plan, Role, Plan]
    standing.stdout.feed_eof()
    await bench.ask()
    assert bench.started[1].frames[0] is standing.frames[0]


async def test_that_it_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asked hears of a failure, and of no more than that."""
    bench = Bench(monkeypatch, Done(SAID, 0.1))

    async def start(*_command: str, **_how: Any) -> Standing:
        raise OSError(11, "no more processes")

    monkeypatch.setattr("asyncio.create_subprocess_exec", start)
    with pytest.raises(EngineError, match="internal error") as told:
        await bench.ask()
    assert told.value.code == "unexpected"


@pytest.mark.parametrize("code", [-signal.SIGKILL, -signal.SIGPROF, -signal.SIGABRT])
async def test_what_ends_the_process(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """Who asked for too much pays for it; of what somebody else did nobody does."""
    bench = Bench(monkeypatch, Done(SAID, 0.1))
    await bench.ask()
    (standing,) = bench.started
    standing.ends = code
    with pytest.raises(EngineError) as told:
        await bench.ask()
    much = code != -signal.SIGKILL
    assert told.value.code == ("planning-limit-exceeded" if much else "unexpected")
    assert bench.charged == [0.1] + [LIMITS.planning_time.total_seconds()] * much
