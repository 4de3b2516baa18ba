"""A corrected handler writes other values: what the policy waives is listed, and nothing else is let
through.
"""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gate.policy.waivers import DataWaiver, Waivers
from tests.live.gate.content.belt import Belt, compare, only, policy

pytestmark = pytest.mark.live

FEES = DataWaiver(
    entity="Transfer", columns=("fee",), reason="the fee was rounded down", expires=date(2026, 12, 31)
)


@pytest.fixture
def belts(blue: Belt, green: Belt) -> tuple[Belt, Belt]:
    """The candidate's handler writes another fee into the rows of blocks 5 and 6."""
    for belt, fee in ((blue, 1), (green, 2)):
        belt.seed(1)
        belt.entity(
            "Transfer", '"chain_id" INTEGER, "block" INTEGER, "fee" NUMERIC, "value" NUMERIC', history=True
        )
        belt.execute("INSERT INTO envio_checkpoints VALUES (1, 1, 900, NULL, 0)")
        belt.fill("Transfer", ("a", 1, 4, 7, 7), ("b", 1, 5, fee, 8), ("c", 1, 6, fee, 9))
    return blue, green


@pytest.mark.parametrize(
    ("change", "covered", "unequal"),
    [
        ({}, 2, 0),
        ({"chain": 1}, 2, 0),
        ({"chain": 10}, 0, 2),
        ({"first_block": 6}, 1, 1),
        ({"last_block": 5}, 1, 1),
        ({"entity": "Other"}, 0, 2),
        ({"columns": ("value",)}, 0, 2),
        ({"expires": date(2026, 11, 20)}, 0, 2),
    ],
)
async def test_what_a_waiver_covers(
    belts: tuple[Belt, Belt], change: dict[str, Any], covered: int, unequal: int
) -> None:
    """Its entity, its columns, its chain, its blocks, until it expires."""
    says = policy(waivers=Waivers(data=(replace(FEES, **change),)))
    totals = only(await compare(*belts, says)).totals
    assert (totals.covered, totals.unequal) == (covered, unequal)


async def test_another_column_of_a_covered_row(belts: tuple[Belt, Belt]) -> None:
    """A waived column does not excuse its neighbours."""
    belts[1].execute("UPDATE \"Transfer\" SET value = 0 WHERE id = 'b'")
    entity = only(await compare(*belts, policy(waivers=Waivers(data=(FEES,)))))
    assert (entity.totals.covered, entity.totals.different) == (1, 1)


async def test_a_row_that_is_missing(belts: tuple[Belt, Belt]) -> None:
    """A waiver is for values, never for a row."""
    belts[1].execute("DELETE FROM \"Transfer\" WHERE id = 'b'")
    entity = only(await compare(*belts, policy(waivers=Waivers(data=(FEES,)))))
    assert (entity.totals.covered, entity.totals.missing) == (1, 1)
