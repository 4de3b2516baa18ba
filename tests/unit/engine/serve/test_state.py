"""One snapshot at a time, and never an older one over a newer."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from belts.engine.metadata.store import Store
from belts.engine.postgres.catalog import Catalog, TableName
from belts.engine.serve.administration import administer
from belts.engine.serve.roles import ADMIN, Session
from belts.engine.serve.state import State
from tests.unit.engine.build import catalog, relation, settings

OLD, NEW = catalog(relation("users")), catalog(relation("users"), relation("notes"))
TRACK = {"type": "pg_track_table", "args": {"table": "notes"}}


class Changing:
    """A database whose tables change; a look that is `slow` tells what was there when it began."""

    def __init__(self) -> None:
        self.now: Catalog = OLD
        self.slow: Iterator[asyncio.Event] = iter(())
        self.looking = asyncio.Event()

    async def catalog(self) -> Catalog:
        seen = self.now
        if (event := next(self.slow, None)) is not None:
            self.looking.set()
            await event.wait()
        return seen


def state(tmp_path: Path, database: Changing) -> State:
    store = Store(tmp_path / "metadata.json")
    return State(settings(), database, store, lambda: None)  # type: ignore[arg-type]


async def test_a_look_that_is_older_than_what_is_served(tmp_path: Path) -> None:
    """A question for health that began before a table was made and tracked does not take it away again."""
    database = Changing()
    ours = state(tmp_path, database)
    assert await ours.drifted() == ()
    late = asyncio.Event()
    database.slow = iter([late])
    health = asyncio.create_task(ours.drifted())
    await database.looking.wait()
    database.now = NEW
    await administer(ours, Session(role=ADMIN), TRACK)
    late.set()

    assert await health == ()
    assert TableName("public", "notes") in ours.current.catalog.relations
    assert ours.current.inconsistencies == ()


async def test_a_table_that_came_and_went(tmp_path: Path) -> None:
    """Health shows the database as it is; what is tracked and gone is told."""
    database = Changing()
    ours = state(tmp_path, database)
    database.now = NEW
    await administer(ours, Session(role=ADMIN), TRACK)
    assert await ours.drifted() == ()
    database.now = OLD
    [gone] = await ours.drifted()
    assert "notes" in str(gone.as_json())
