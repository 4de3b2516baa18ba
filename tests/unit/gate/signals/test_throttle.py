"""However many ask, one look is made."""

import asyncio

import pytest

from gate.signals.status.throttle import Fresh


class Looking:
    """Counts the looks; each gives its number once it may end."""

    def __init__(self) -> None:
        self.looks = 0
        self.may_end = asyncio.Event()
        self.now = 0.0
        self.fresh = Fresh(self.look, seconds=1.0, clock=lambda: self.now)

    async def look(self) -> int:
        self.looks += 1
        number = self.looks
        await self.may_end.wait()
        return number


async def test_many_at_once() -> None:
    """All of them wait for the look of the first."""
    looking = Looking()
    asking = [asyncio.create_task(looking.fresh.get("v1")) for _ in range(100)]
    await asyncio.sleep(0)
    looking.may_end.set()
    assert await asyncio.gather(*asking) == [1] * 100


async def test_a_moment_later() -> None:
    """What was seen is told again until it is a second old, counted from the end of the look."""
    looking = Looking()
    looking.may_end.set()
    assert await looking.fresh.get("v1") == 1
    looking.now = 0.99
    assert await looking.fresh.get("v1") == 1
    looking.now = 1.0
    assert await looking.fresh.get("v1") == 2


async def test_an_alias_that_has_moved() -> None:
    """What was seen before the move is not told after it, not even by a look that has not ended."""
    looking = Looking()
    before = asyncio.create_task(looking.fresh.get("v1"))
    await asyncio.sleep(0)
    after = asyncio.create_task(looking.fresh.get("v2"))
    await asyncio.sleep(0)
    looking.may_end.set()
    assert (await before, await after) == (1, 2)


async def test_an_asker_that_goes_away() -> None:
    """Those who wait for the same look still get it."""
    looking = Looking()
    gone, stays = (asyncio.create_task(looking.fresh.get("v1")) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    looking.may_end.set()
    assert await stays == 1
    with pytest.raises(asyncio.CancelledError):
        await gone
