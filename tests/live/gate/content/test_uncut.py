"""A column that leaves out every row of a chain: nothing was compared there, whatever other chains show."""

from dataclasses import replace
from typing import Any

import pytest

from gate.checks import content, counts
from gate.finding import Point
from gate.observations.holdings import EntityHolding, Holdings
from gate.observations.rows import Basis, Group, Rows
from gate.outcome import Outcome
from gate.policy.entities import Compare, EntityPolicy
from gate.policy.unproved import Unproved
from gate.probes.counts import of_rows
from tests.live.gate.content.belt import Belt, compare, only, policy
from tests.unit.gate.core import builders

pytestmark = pytest.mark.live

UNTOLD, PASSED = Outcome.COULD_NOT_TELL, Outcome.PASSED
COLUMNS = {
    "milliseconds": '"chain_id" INTEGER NOT NULL, "timestamp" BIGINT NOT NULL, "price" INTEGER NOT NULL',
    "seconds": '"chain_id" INTEGER NOT NULL, "block" BIGINT NOT NULL, "price" INTEGER NOT NULL',
}
SECOND = 1_700_000_000


def made(belt: Belt, what: str, *, wrong: int) -> None:
    """Chain 1 as it should be; on chain 10 a time in milliseconds, or a block that is a time."""
    belt.seed(1, 10, progress=60)
    belt.entity("Tick", COLUMNS[what], history=True)
    for number, chain in enumerate((1, 10)):
        belt.execute("INSERT INTO envio_checkpoints VALUES (%s, %s, 40, NULL, 0)", (number + 1, chain))
    for n in range(1, 41):
        here = SECOND + n if what == "milliseconds" else n
        there = (SECOND + n) * 1000 if what == "milliseconds" else SECOND + n
        belt.fill("Tick", (f"1-{n}", 1, here, n), (f"10-{n}", 10, there, n + wrong))


def says(*entries: Unproved, **changes: Any) -> Any:
    return replace(policy(1, 10, **changes), unproved=entries)


def points(rows: Rows, measure: Any) -> tuple[list[Point], list[Point]]:
    """What the counts, and what the coverage say."""
    held = EntityHolding(entity="Tick", columns=("id", "chain_id", "price"), key=("id",), chained=True)
    looks = builders.seen(
        content=rows,
        counts=of_rows(rows),
        holdings=Holdings(chains=(1, 10), entities=(held,)),
        candidate_schema=builders.unobserved(),
    )
    covered = [point for point in content.judge(looks, measure).points if point.part.name == "coverage"]
    counted = [point for point in counts.judge(looks, measure).points if point.part.name == "rows"]
    return counted, covered


@pytest.mark.parametrize("what", COLUMNS)
async def test_every_row_of_one_chain(blue: Belt, green: Belt, what: str) -> None:
    """All rows of chain 10 are wrong, and none was compared: that is no pass, and it is told by name."""
    made(blue, what, wrong=0)
    made(green, what, wrong=1)
    rows = await compare(blue, green, says())
    entity = only(rows)
    assert entity.basis in {Basis.AT_BLOCK, Basis.BY_TIMESTAMP}
    assert entity.totals.unequal == 0
    assert entity.uncut == (Group(chain="10", serving=40, candidate=40),)
    counted, covered = points(rows, says())
    for [point] in (counted, covered):
        assert point.outcome is UNTOLD
        assert "byState" in point.advice
    assert "Tick: not one row was counted on chain 10" in counted[0].observed
    assert "0 of 40 rows on chain 10, of which the candidate has 40" in covered[0].observed


@pytest.mark.parametrize("what", COLUMNS)
@pytest.mark.parametrize("wrong", [0, 1])
async def test_the_advice(blue: Belt, green: Belt, what: str, wrong: int) -> None:
    """Compared by state, as the advice says, good belts pass and bad ones do not."""
    made(blue, what, wrong=0)
    made(green, what, wrong=wrong)
    measure = says(entities=(EntityPolicy(name="Tick", compare=Compare.BY_STATE),))
    rows = await compare(blue, green, measure)
    entity = only(rows)
    assert (entity.uncut, entity.totals.unequal) == ((), 40 * wrong)
    counted, covered = points(rows, measure)
    assert {point.outcome for point in (*counted, *covered)} == {PASSED}


async def test_a_chain_without_rows(blue: Belt, green: Belt) -> None:
    """Where neither table has a row of a chain, that is what both have."""
    for belt in (blue, green):
        made(belt, "milliseconds", wrong=0)
        belt.execute('DELETE FROM "Tick" WHERE chain_id = 10')
    rows = await compare(blue, green, says())
    assert only(rows).uncut == (Group(chain="10", serving=0, candidate=0),)
    counted, covered = points(rows, says())
    assert {point.outcome for point in (*counted, *covered)} == {PASSED}
