"""Counting through GraphQL alone, on belts that go on meanwhile."""

import itertools
import json
import time
from collections.abc import Iterator

import httpx
import pytest

from gate.endpoints import Side
from gate.observations.counts import EntityCounts
from gate.observations.graphql import Role
from gate.observations.rows import Group, Height
from gate.observations.unobserved import Cause
from gate.probes.database.catalog import Column, Table
from gate.probes.database.heights import Common
from gate.probes.graphql.counting import TRIES, Counting, Door
from gate.probes.unseen import UnseenError
from gate.probes.world import World
from tests.unit.gate.core.builders import NOW, endpoints, policy

CHAIN = {
    "chain_id": 1, "start_block": 0, "end_block": None, "block_height": 90, "latest_processed_block": 90,
    "num_events_processed": 7, "timestamp_caught_up_to_head_or_endblock": None,
}  # fmt: skip
KEY = Column(name="id", type="text", nullable=False)
POSITION = Table(name="Position", columns=(KEY,), key=("id",), estimate=-1)
COMMON = Common(
    heights=(Height(chain=1, block=80, serving=90, candidate=90, rule="depth"),), starts=((1, 0),)
)


async def counted(serving: Iterator[int], candidate: Iterator[int], *, seconds: float = 20) -> EntityCounts:
    """An entity without a block, of which the belts have so many rows, at one question after the other."""
    doors = endpoints()
    assert doors.serving is not None
    numbers = {doors.serving.graphql.reveal(): serving, doors.candidate.graphql.reveal(): candidate}

    def answer(request: httpx.Request) -> httpx.Response:
        if "chain_metadata" in json.loads(request.content)["query"]:
            return httpx.Response(200, json={"data": {"chain_metadata": [CHAIN]}})
        rows = next(numbers[str(request.url)])
        return httpx.Response(200, json={"data": {"Position_aggregate": {"aggregate": {"count": rows}}}})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        ends = time.monotonic() + seconds
        world = World(endpoints=doors, policy=policy(), http=http, seed=1, began=NOW, ends=ends)
        one, other = (
            Door(world=world, side=side, role=Role.PUBLIC, aggregates=frozenset({"Position_aggregate"}))
            for side in (Side.SERVING, Side.CANDIDATE)
        )
        both = Counting(serving=one, candidate=other, common=COMMON, foreign=(), world=world)
        return await both.entity(POSITION)


@pytest.mark.parametrize("moves", [0, 1, 11, TRIES - 1])
async def test_rows_that_stand_still_in_the_end(moves: int) -> None:
    """However often a row came while they were counted, it is looked again; what then stands still counts."""
    serving = itertools.chain(range(2 * moves), itertools.repeat(1000))
    found = await counted(serving, itertools.chain(range(moves), itertools.repeat(999)))
    assert found.basis == "while its number stood still"
    assert found.groups == (Group(chain=None, serving=1000, candidate=999),)


@pytest.mark.parametrize(("seconds", "least", "most"), [(20, TRIES, TRIES), (0.2, 1, TRIES)])
async def test_rows_that_never_stand_still(seconds: float, least: int, most: int) -> None:
    """Nobody can tell, and nobody asks for ever."""
    serving = itertools.count()
    with pytest.raises(UnseenError, match="never stood still") as told:
        await counted(serving, itertools.repeat(5), seconds=seconds)
    assert told.value.unobserved.cause is Cause.UNDECIDABLE
    assert least <= next(serving) / 2 <= most
