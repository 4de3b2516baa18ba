"""What is heavy is planned by a process of its own: ended when it takes too much, and begun again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import orjson
import psutil
import pytest

from belts.engine.clients.accounts import Account
from belts.engine.errors import BadRequest, EngineError
from belts.engine.planner.jobs import Plan, Planned, World, Written
from belts.engine.planner.process import PlannerProcess
from belts.engine.settings import Limits
from tests.unit.engine import build

pytestmark = pytest.mark.live

LIGHT = {"query": "{ items { id } }"}
NAMES = " ".join(f"a{n}:__schema{{types{{name fields{{name description}}}}}}" for n in range(1_200))
HEAVY = {"query": f"{{{NAMES}}}"}
LONG = {"query": "{" + "a:items{id} " * 8_000 + "}"}
LARGE = {"query": "{ items { id } }", "variables": {"v": [{} for _ in range(300_000)]}}


class Bench:
    """A process, and what was charged for it."""

    def __init__(self, **limits: Any) -> None:
        self.limits = Limits(**limits)
        self.process = PlannerProcess(self.limits)
        self.world = World(build.metadata(), build.catalog(), self.limits, stringify=False)
        self.charged: list[float] = []

    async def ask(self, body: object, account: Account | None = None) -> Any:
        job = Plan("admin", {}, Written(orjson.dumps(body)))
        planned = await self.process.ask(account or Account(name="a"), self.world, job, self.charged.append)
        assert isinstance(planned, Planned)
        return planned.items[0]


@contextlib.asynccontextmanager
async def standing(**limits: Any) -> AsyncIterator[Bench]:
    bench = Bench(**limits)
    try:
        yield bench
    finally:
        await bench.process.close()


def children() -> set[int]:
    found = psutil.Process().children()
    return {
        each.pid for each in found if "belts.engine.planner" in each.cmdline() and each.status() != "zombie"
    }


async def test_what_takes_too_long() -> None:
    """It is refused in words, the process ends with it, and the next job has another."""
    async with standing(planning_time=timedelta(milliseconds=150), introspected=10**9) as bench:
        assert (await bench.ask(LIGHT)).parts
        before = children()
        with pytest.raises(BadRequest) as told:
            await bench.ask(HEAVY)
        assert told.value.code == "planning-limit-exceeded"
        assert bench.charged[-1] >= 0.15
        assert (await bench.ask(LIGHT)).parts
        assert not before & children()


async def test_what_takes_too_much_memory() -> None:
    """It is refused in words, by what the kernel lets it have."""
    async with standing(planning_bytes=8 * 2**20) as bench:
        assert (await bench.ask(LIGHT)).parts
        with pytest.raises(BadRequest) as told:
            await bench.ask(LONG)
        assert told.value.code == "planning-limit-exceeded"
        assert (await bench.ask(LIGHT)).parts


async def test_that_it_is_killed() -> None:
    """Whatever ends it within a job: who asked hears of a failure, and the next job has another."""
    async with standing(introspected=10**9, planning_time=timedelta(seconds=60)) as bench:
        await bench.ask(LIGHT)
        (pid,) = children()
        asking = asyncio.create_task(bench.ask(HEAVY))
        await asyncio.sleep(0.1)
        psutil.Process(pid).kill()
        with pytest.raises(EngineError, match="internal error"):
            await asking
        assert (await bench.ask(LIGHT)).parts


async def test_that_it_was_killed_before() -> None:
    """What ends it between two jobs is nobody's fault: the next one hears nothing of it."""
    async with standing() as bench:
        await bench.ask(LIGHT)
        (pid,) = children()
        psutil.Process(pid).kill()
        await asyncio.sleep(0.2)
        assert (await bench.ask(LIGHT)).parts


async def test_who_goes_away() -> None:
    """It is done to its end, and paid for; those who wait behind it are served."""
    async with standing() as bench:
        await bench.ask(LIGHT)
        gone = asyncio.create_task(bench.ask(LARGE))
        waits = asyncio.create_task(bench.ask(LARGE))
        await asyncio.sleep(0)
        behind = asyncio.create_task(bench.ask(LIGHT))
        await asyncio.sleep(0)
        gone.cancel()
        waits.cancel()
        assert (await behind).parts
        assert len(bench.charged) == 3


async def test_turns_of_clients() -> None:
    """Who asks for much waits for itself, not another for it; the trusted come first."""
    async with standing() as bench:
        much, little, trusted = Account(name="m"), Account(name="l"), Account(name="t", trusted=True)
        order: list[str] = []

        async def ask(account: Account) -> None:
            with contextlib.suppress(EngineError):
                await bench.ask(LIGHT, account)
            order.append(account.name)

        async with asyncio.TaskGroup() as group:
            for account in [much] * 5 + [little, trusted]:
                group.create_task(ask(account))
        assert order.index("t") == 1
        assert order.index("l") <= 3


async def test_what_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads what anybody sends: nothing that the engine was told in secret is where it could be read."""
    monkeypatch.setenv("HASURA_GRAPHQL_DATABASE_URL", "postgres://secret")
    async with standing() as bench:
        await bench.ask(LIGHT)
        (pid,) = children()
        assert "secret" not in str(psutil.Process(pid).environ())


async def test_that_nothing_is_left() -> None:
    """Who closes the engine ends the process."""
    async with standing() as bench:
        await bench.ask(LIGHT)
        assert children()
    await asyncio.sleep(0.2)
    assert not children()
