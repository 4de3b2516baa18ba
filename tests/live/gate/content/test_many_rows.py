"""A single row among very many, beyond every page and every limit that a belt's GraphQL has."""

import pytest

from gate.observations.rows import Kind
from tests.live.gate.content.belt import Belt, compare, only

pytestmark = [pytest.mark.live, pytest.mark.deep]

ROWS = 150_000
LAST = 130_001

FILL = f"""
INSERT INTO "Transfer" SELECT '1_' || n, 1, n / 200, n FROM generate_series(1, {ROWS}) AS n
"""


def belt_with_rows(belt: Belt) -> None:
    belt.seed(1, progress=ROWS)
    belt.entity("Transfer", '"chain_id" INTEGER NOT NULL, "block" INTEGER NOT NULL, "value" NUMERIC NOT NULL')
    belt.execute(FILL)


async def test_one_row_missing_beyond_the_first_100_000(blue: Belt, green: Belt) -> None:
    """It is found and named."""
    belt_with_rows(blue)
    belt_with_rows(green)
    green.execute(f"DELETE FROM \"Transfer\" WHERE id = '1_{LAST}'")
    entity = only(await compare(blue, green))
    [row] = entity.differences
    assert (row.kind, row.key, row.block) == (Kind.MISSING, f"1_{LAST}", LAST // 200)
    assert entity.serving == entity.candidate + 1 == ROWS
