"""Counting through GraphQL alone, on belts that go on meanwhile."""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from gate.checks.counts import ROWS, judge
from gate.claims import Access
from gate.endpoints import Side
from gate.observations.counts import Counts, EntityCounts
from gate.observations.graphql import Role
from gate.observations.rows import Group, Height
from gate.observations.unobserved import Cause
from gate.outcome import Outcome
from gate.probes.database.catalog import Column, Table
from gate.probes.database.heights import Common
from gate.probes.graphql.counting import PAGE, TRIES, Counting, Door
from gate.probes.unseen import UnseenError
from gate.probes.world import World
from tests.unit.gate.core.builders import NOW, endpoints, policy, seen

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


BLOCK, CHAINED = (Column(name=name, type="int4", nullable=True) for name in ("block", "chainId"))
DEPOSIT = Table(name="Deposit", columns=(KEY, BLOCK, CHAINED), key=("id",), estimate=-1)
Rows = list[tuple[int | None, int | None]]
"""The chain and the block of each row."""


def holds(where: dict[str, Any], row: dict[str, Any]) -> bool:
    """Whether a filter takes a row, as a database decides it: a comparison with NULL is never true."""
    for name, wanted in where.items():
        match name:
            case "_and":
                true = all(holds(each, row) for each in wanted)
            case "_or":
                true = any(holds(each, row) for each in wanted)
            case _:
                [(operator, value)] = wanted.items()
                true = OPERATORS[operator](row[name], value)
        if not true:
            return False
    return True


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "_eq": lambda held, value: held is not None and held == value,
    "_gt": lambda held, value: held is not None and held > value,
    "_lte": lambda held, value: held is not None and held <= value,
    "_nin": lambda held, value: held is not None and held not in value,
    "_is_null": lambda held, value: (held is None) is value,
}


async def counted_rows(serving: Rows, candidate: Rows, foreign: tuple[int, ...] = ()) -> EntityCounts:
    """An entity whose rows say their chain and block, on two belts that have these."""
    doors = endpoints()
    assert doors.serving is not None
    held = {doors.serving.graphql.reveal(): serving, doors.candidate.graphql.reveal(): candidate}

    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        if "chain_metadata" in asked["query"]:
            return httpx.Response(200, json={"data": {"chain_metadata": [CHAIN]}})
        rows = [{"chainId": chain, "block": block} for chain, block in held[str(request.url)]]
        count = sum(holds(asked["variables"]["where"], row) for row in rows)
        return httpx.Response(200, json={"data": {"Deposit_aggregate": {"aggregate": {"count": count}}}})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        ends = time.monotonic() + 20
        world = World(endpoints=doors, policy=policy(), http=http, seed=1, began=NOW, ends=ends)
        one, other = (
            Door(world=world, side=side, role=Role.PUBLIC, aggregates=frozenset({"Deposit_aggregate"}))
            for side in (Side.SERVING, Side.CANDIDATE)
        )
        both = Counting(serving=one, candidate=other, common=COMMON, foreign=foreign, world=world)
        return await both.entity(DEPOSIT)


GOOD: Rows = [(1, 7), (1, 80), (1, 81)]


@pytest.mark.parametrize(
    ("serving", "candidate", "foreign", "placeless", "outcome"),
    [
        (GOOD, [*GOOD, (1, 90)], (), None, Outcome.PASSED),
        (GOOD, [*GOOD, (10, 5), (10, None)], (10,), None, Outcome.PASSED),
        ([*GOOD, (None, 7)], [*GOOD, (None, 7)], (), (1, 1), Outcome.PASSED),
        ([*GOOD, (None, 7)], GOOD, (), (1, 0), Outcome.FAILED),
        ([*GOOD, (None, 7)], GOOD, (10,), (1, 0), Outcome.FAILED),
        ([*GOOD, (999, 7)], GOOD, (), (1, 0), Outcome.FAILED),
        ([*GOOD, (1, None)], GOOD, (10,), (1, 0), Outcome.FAILED),
        (GOOD, [*GOOD, (999, 7)], (10,), (0, 1), Outcome.FAILED),
    ],
)
async def test_rows_of_no_chain_and_no_block(
    serving: Rows,
    candidate: Rows,
    foreign: tuple[int, ...],
    placeless: tuple[int, int] | None,
    outcome: Outcome,
) -> None:
    """They are counted for themselves: what no chain and no height takes in would be in no count at all."""
    found = await counted_rows(serving, candidate, foreign)
    assert found.groups == (Group(chain="1", serving=2, candidate=2),)
    assert (found.placeless and (found.placeless.serving, found.placeless.candidate)) == placeless
    counts = Counts(door=Access.GRAPHQL, entities=(found,), heights=COMMON.heights)
    judged = judge(seen(counts=counts), policy())
    assert max(point.outcome for point in judged.points if point.part == ROWS) is outcome
    if outcome is Outcome.FAILED:
        assert any("of none of the belts' chains" in point.observed for point in judged.points)


async def test_pages_of_an_entity_that_is_kept_by_chain() -> None:
    """One id is that of a row of each chain: a page that ends between them loses and doubles none."""
    held = sorted((f"a{number // 3:04}", number % 3) for number in range(2 * PAGE + 5))

    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        assert "order_by: [{id: asc}, {chainId: asc}]" in asked["query"]
        rows = [{"id": id_, "chainId": chain} for id_, chain in held]
        found = [row for row in rows if holds(asked["variables"]["where"], row)][:PAGE]
        return httpx.Response(200, json={"data": {"Deposit": found}})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        ends = time.monotonic() + 20
        world = World(endpoints=endpoints(), policy=policy(), http=http, seed=1, began=NOW, ends=ends)
        door = Door(world=world, side=Side.CANDIDATE, role=Role.PUBLIC, aggregates=frozenset())
        assert await door.count(replace(DEPOSIT, key=("id", "chainId")), {}) == len(held)
