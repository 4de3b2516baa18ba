"""The engine's look at what consumers of the database run."""

import asyncio

import asyncpg
import pytest

from belts.engine.postgres import overdue
from belts.engine.postgres.credentials import Credentials
from belts.engine.settings import Settings


async def test_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks again, whatever became of the last look."""
    faults = [OSError(), TimeoutError(), asyncpg.UndefinedFunctionError(), asyncpg.InterfaceError("x")]
    looked = asyncio.Event()

    async def end(_credentials: Credentials) -> int:
        if faults:
            raise faults.pop()
        looked.set()
        return 0

    monkeypatch.setattr(overdue, "end", end)
    monkeypatch.setattr(overdue, "LOOK_EVERY_S", 0.0)
    watching = asyncio.create_task(overdue.watch(Credentials(Settings(database_url="postgresql://nobody"))))
    await asyncio.wait_for(looked.wait(), 10)
    watching.cancel()
    assert not faults
