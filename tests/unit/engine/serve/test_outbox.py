"""What waits for a client is bounded, and of a live query only the newest waits."""

import asyncio

import pytest

from belts.engine.serve.outbox import Full, Outbox


async def test_what_waits_for_a_slow_client() -> None:
    """The newest answer of a live query takes the place of the one before; all else keeps its order."""
    outbox = Outbox(3, 1_000)
    outbox.put(b"a")
    outbox.put(b"old", "q")
    outbox.put(b"b")
    outbox.put(b"new", "q")
    with pytest.raises(Full):
        outbox.put(b"c")
    assert [await outbox.get() for _ in range(3)] == [b"a", b"new", b"b"]


async def test_an_empty_outbox() -> None:
    """It waits for the next message."""
    outbox = Outbox(1, 1_000)
    waiting = asyncio.create_task(outbox.get())
    await asyncio.sleep(0)
    outbox.put(b"x")
    assert await waiting == b"x"
