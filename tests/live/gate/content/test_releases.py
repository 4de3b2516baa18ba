"""Belts of different Envio releases are compared, each by what its own release calls its history."""

import pytest

from tests.live.gate.content.belt import Belt, balances, compare, only

pytestmark = pytest.mark.live

OLDER = 'ALTER TABLE "envio_history_Balance" RENAME COLUMN envio_checkpoint_id TO checkpoint_id'


def wrote(belt: Belt, progress: int, *late: int) -> None:
    """One that has changed its only row at block 110, and later again."""
    balances(belt, ("ann", 1), ("old", 5), progress=progress)
    belt.write("Balance", (12, 1, 110), "ann", 7)
    for number, block in enumerate(late):
        belt.write("Balance", (20 + number, 1, block), "ann", 100 + block)


async def test_the_serving_belt_is_of_an_older_release(blue: Belt, green: Belt) -> None:
    """Its rows at the common height come from a history with another column, and are the same."""
    wrote(blue, 140, 130)
    blue.execute(OLDER)
    wrote(green, 120)
    entity = only(await compare(blue, green))
    assert (entity.serving, entity.candidate, entity.totals.unequal) == (2, 2, 0)


async def test_the_candidate_is_of_an_older_release(blue: Belt, green: Belt) -> None:
    """The other way round, and a row that is wrong in its history alone is found."""
    wrote(blue, 120)
    wrote(green, 140, 130)
    green.execute(OLDER)
    green.execute('UPDATE "envio_history_Balance" SET amount = 8 WHERE checkpoint_id = 12')
    [row] = only(await compare(blue, green)).differences
    assert row.key == "ann"
