"""Rows that only say when they were written: compared up to a second that both belts have passed."""

import pytest

from gate.observations.rows import Basis, Cut, EntityUnread
from tests.live.gate.content.belt import Belt, Seconds, compare, only, policy

pytestmark = pytest.mark.live


@pytest.mark.parametrize(
    ("declared", "form"),
    [("INTEGER", "{}"), ("NUMERIC", "{}"), ("TIMESTAMP WITH TIME ZONE", "to_timestamp({})")],
)
async def test_every_way_to_write_a_moment(blue: Belt, green: Belt, declared: str, form: str) -> None:
    """Rows up to the second of the common height are compared, and no younger ones."""
    for belt, progress in ((blue, 60), (green, 50)):
        belt.seed(1, progress=progress)
        belt.entity("Tick", f'"timestamp" {declared} NOT NULL, "price" INTEGER NOT NULL', history=True)
        belt.execute("INSERT INTO envio_checkpoints VALUES (1, 1, 40, NULL, 0)")
        moment = form.format("1700000000 + n")
        belt.execute(f'INSERT INTO "Tick" SELECT n, {moment}, n FROM generate_series(1, {progress}) n')
    green.execute("UPDATE \"Tick\" SET price = 0 WHERE id = '7'")
    entity = only(await compare(blue, green))
    assert (entity.basis, entity.serving, entity.totals.unequal) == (Basis.BY_TIMESTAMP, 50, 1)


async def test_the_slowest_chain_decides(blue: Belt, green: Belt) -> None:
    """Without a column for the chain, the second is one that both belts have passed on every chain."""
    for belt, progress in ((blue, 60), (green, 50)):
        belt.seed(1, 10, progress=progress)
        belt.entity("Tick", '"timestamp" INTEGER NOT NULL', history=True)
        belt.execute("INSERT INTO envio_checkpoints VALUES (1, 1, 40, NULL, 0)")
        belt.execute(f'INSERT INTO "Tick" SELECT n, 1700000000 + n FROM generate_series(1, {progress}) n')
    green.at(20, chain=10)
    assert only(await compare(blue, green, policy(1, 10))).serving == 20


HALTED = {10: 9 * 3600}  # the last block of chain 10 is nine hours old


async def test_one_chain_that_stands_still(blue: Belt, green: Belt) -> None:
    """Where rows name their chain, the younger rows of all other chains are compared none the less."""
    for belt in (blue, green):
        belt.seed(1, 10, progress=60)
        belt.entity("Tick", '"chain_id" INTEGER, "timestamp" INTEGER NOT NULL, "price" INTEGER', history=True)
        belt.execute("INSERT INTO envio_checkpoints VALUES (1, 1, 40, NULL, 0)")
        for chain, since in ((1, 1_700_000_000), (10, 1_700_000_000 - 32_400)):
            belt.fill("Tick", *((f"{chain}-{n}", chain, since + n, n) for n in range(1, 61)))
    green.execute("DELETE FROM \"Tick\" WHERE id = '1-50'")
    rows = await compare(blue, green, policy(1, 10), chains=Seconds(late=HALTED))
    entity = only(rows)
    assert [row.key for row in entity.differences] == ["1-50"]
    assert (entity.serving, entity.cut) == (120, None)


async def test_a_chain_that_stands_still_hides_rows_without_one(blue: Belt, green: Belt) -> None:
    """Where rows name no chain, all of them end with the oldest one, and how much that hides is known."""
    for belt in (blue, green):
        belt.seed(1, 10, progress=60)
        belt.entity("Tick", '"timestamp" INTEGER NOT NULL', history=True)
        belt.execute("INSERT INTO envio_checkpoints VALUES (1, 1, 40, NULL, 0)")
        belt.execute('INSERT INTO "Tick" SELECT n, 1700000000 + n FROM generate_series(1, 60) n')
    entity = only(await compare(blue, green, policy(1, 10), chains=Seconds(late=HALTED)))
    assert (entity.serving, entity.cut) == (0, Cut(chain=10, second=1_700_000_060 - 32_400, behind=32_400))


async def test_nobody_knows_when_a_block_was_made(blue: Belt, green: Belt) -> None:
    """Without the second of the height there is nothing to cut at."""
    for belt in (blue, green):
        belt.seed(1)
        belt.entity("Tick", '"timestamp" INTEGER NOT NULL')
    [entity] = (await compare(blue, green, chains=Seconds(made=lambda block: None))).entities
    assert isinstance(entity, EntityUnread)
    assert entity.why.reason == "nobody says when block 1000 of chain 1 was made"
