"""One look a second, and no word of what is inside."""

import asyncio

from belts.engine.errors import DatabaseError
from belts.engine.serve.health import FAILED, HEALTHY, INCONSISTENT, Healthy


class Look:
    """What is looked at."""

    def __init__(self) -> None:
        self.found: tuple[object, ...] = ()
        self.fails = False
        self.now = 100.0

    async def __call__(self) -> tuple[object, ...]:
        await asyncio.sleep(0)
        if self.fails:
            raise DatabaseError("select secret from inside", code="postgres-error")
        return self.found


async def test_a_flood() -> None:
    """However many ask in a second, and however many of them go away, one look is made."""
    look = Look()
    healthy = Healthy(look, lambda: look.now)
    flood = [asyncio.create_task(healthy.now()) for _ in range(1_000)]
    await asyncio.sleep(0)
    flood[0].cancel()
    assert set(await asyncio.gather(*flood[1:])) == {HEALTHY}
    assert await healthy.now() == HEALTHY
    assert healthy.looks == 1
    look.now += 1
    await healthy.now()
    assert healthy.looks == 2


async def test_what_is_wrong() -> None:
    """That it is wrong is said, and nothing of what it is; a change of the metadata is seen at once."""
    look = Look()
    healthy = Healthy(look, lambda: look.now)
    look.found = ("create table secret",)
    assert await healthy.now() == INCONSISTENT
    look.found = ()
    assert await healthy.now() == INCONSISTENT
    healthy.forget()
    assert await healthy.now() == HEALTHY
    look.fails, look.now = True, look.now + 5
    assert await healthy.now() == FAILED
    assert all(b"secret" not in body for _, body in (INCONSISTENT, FAILED))
