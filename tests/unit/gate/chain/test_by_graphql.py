"""Rows by their keys, where nothing but GraphQL is there: whatever limit a list has, and with every digit."""

import json
import re
import time
from collections.abc import Collection

import httpx
import pytest

from gate.observations.graphql import Role
from gate.probes.database.catalog import Column, Table
from gate.probes.truth.arguments import same
from gate.probes.truth.holders import ByGraphql
from gate.probes.unseen import UnseenError
from gate.probes.world import World
from tests.unit.gate.core.builders import NOW, endpoints, ground_truth, policy

AMOUNT = 2**255 + 7


class Door:
    """A candidate that gives at most so many rows at once, and its numbers as JSON numbers."""

    def __init__(
        self, held: Collection[str], *, most: int = 10**9, amount: str = "1", more: str = ""
    ) -> None:
        self.held, self.most, self.amount, self.more = held, most, amount, more
        self.asked, self.query = 0, ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        body = json.loads(request.content)
        self.query = body["query"]
        wanted = body.get("variables", {}).get("keys") or re.findall(r"\d+", self.query.partition("_in: ")[2])
        found = [key for key in wanted if key in self.held][: self.most] + list(filter(None, [self.more]))
        rows = ",".join(f'{{"id": "{key}", "amount": {self.amount}}}' for key in found)
        return httpx.Response(200, text=f'{{"data": {{"Transfer": [{rows}]}}}}')


async def rows(
    door: Door,
    keys: list[str],
    monkeypatch: pytest.MonkeyPatch,
    key: tuple[str, ...] = ("id",),
    kind: str = "text",
) -> dict[str, dict[str, str]]:
    async def table(*_: object) -> Table:
        columns = (Column(name="id", type=kind, nullable=False),)
        return Table(name="Transfer", columns=columns, key=key, estimate=-1)

    monkeypatch.setattr(ByGraphql, "_table", table)
    async with httpx.AsyncClient(transport=httpx.MockTransport(door)) as http:
        ends = time.monotonic() + 20
        world = World(endpoints=endpoints(), policy=policy(), http=http, seed=1, began=NOW, ends=ends)
        truth = ground_truth(1, columns=(("value", "amount"),))
        found = await ByGraphql(world=world, role=Role.PUBLIC).rows(truth, keys)
        return {key: {name: str(value) for name, value in row.items()} for key, row in found.items()}


@pytest.mark.parametrize("most", [1, 7, 49, 50, 1_000])
async def test_a_limit_below_what_is_asked_for(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No row is missing for a limit; what is missing is asked for until nothing more comes."""
    keys = [f"1_{number}_0" for number in range(120)]
    held = set(keys) - {keys[3], keys[119]}
    assert (await rows(Door(held, most=most), keys, monkeypatch)).keys() == held


async def test_no_more_questions_than_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A door that gives all that it is asked for is asked once for each fifty."""
    keys = [f"1_{number}_0" for number in range(120)]
    door = Door(keys)
    await rows(door, keys, monkeypatch)
    assert door.asked == 3


async def test_rows_that_nobody_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A door that does not filter proves nothing, and is not asked for ever."""
    with pytest.raises(UnseenError, match="nobody asked for"):
        await rows(Door(["a"], more="b"), ["a", "c"], monkeypatch)


async def test_an_entity_that_is_kept_by_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """One id may be that of a row of each chain: only those of the truth's chain are asked for."""
    door = Door(["a"])
    await rows(door, ["a"], monkeypatch, key=("id", "chainId"))
    assert "where: {id: {_in: $keys}, chainId: {_eq: 1}}" in door.query
    await rows(door, ["a"], monkeypatch)
    assert "where: {id: {_in: $keys}}" in door.query


async def test_ids_that_are_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """They stand in the question as such: no type of a variable is both an Int and a numeric."""
    door = Door(["7", "8"])
    assert (await rows(door, ["7", "8"], monkeypatch, kind="int4")).keys() == {"7", "8"}
    assert "_in: [7, 8]" in door.query


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        (str(AMOUNT), AMOUNT),
        (f"{AMOUNT}.0", AMOUNT),
        ("1e24", 10**24),
        ("9007199254740993", 2**53 + 1),
        ("-7", -7),
    ],
)
async def test_numbers_that_come_as_numbers(
    written: str, amount: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None loses a digit, and one that differs in the last one is another."""
    found = await rows(Door(["a"], amount=written), ["a"], monkeypatch)
    assert same(str(amount), found["a"]["amount"])
    assert not same(str(amount + 1), found["a"]["amount"])


@pytest.mark.parametrize("written", ["1e99999999", "1" * 5_000, "1e99999999999999999999", "[" * 100_000])
async def test_numbers_that_nobody_can_write_out(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They fill no memory: they are what they are, or no answer."""
    try:
        found = await rows(Door(["a"], amount=written), ["a"], monkeypatch)
    except UnseenError:
        return
    assert len(found["a"]["amount"]) < 100
