"""Rows of whose history Envio has lost the beginning: compared later, and called neither missing nor extra
on that ground alone.
"""

import asyncio
import itertools

import psycopg
import pytest

from gate.observations.rows import EntityUnread, Kind, RowDifference
from gate.observations.unobserved import Cause
from tests.live.gate.content.belt import Belt, balances, compare, only, policy

pytestmark = pytest.mark.live

# As Envio 3.0.0-alpha.17 sends them (EntityHistory.res), for one entity.
BACKFILL = """
WITH target_ids AS (SELECT UNNEST(%s::text[]) AS id),
missing_history AS (
  SELECT e.* FROM "Balance" e JOIN target_ids t ON e.id = t.id
  LEFT JOIN "envio_history_Balance" h ON h.id = e.id WHERE h.id IS NULL
)
INSERT INTO "envio_history_Balance" SELECT *, 0 AS envio_checkpoint_id, 'SET' AS envio_change
FROM missing_history
"""
PRUNE = """
WITH anchors AS (
  SELECT t.id, MAX(t.envio_checkpoint_id) AS keep_checkpoint_id FROM "envio_history_Balance" t
  WHERE t.envio_checkpoint_id <= %(safe)s GROUP BY t.id
)
DELETE FROM "envio_history_Balance" d USING anchors a
WHERE d.id = a.id AND (d.envio_checkpoint_id < a.keep_checkpoint_id OR (
  d.envio_checkpoint_id = a.keep_checkpoint_id AND NOT EXISTS (
    SELECT 1 FROM "envio_history_Balance" ps WHERE ps.id = d.id AND ps.envio_checkpoint_id > %(safe)s)))
"""


def lose(belt: Belt, checkpoint: tuple[int, int, int], key: str, amount: int) -> None:
    """Writes a row, and loses what its history held before."""
    belt.write("Balance", checkpoint, key, amount)
    belt.execute(
        'DELETE FROM "envio_history_Balance" WHERE id = %s AND envio_checkpoint_id < %s', (key, checkpoint[0])
    )


async def test_how_envio_loses_it(blue: Belt, green: Belt) -> None:
    """Its writing and its pruning, at once, leave no trace of a row that is old; the row is not called extra.

    The write sees a row of history and adds no checkpoint 0; the pruning does not see the new row yet.
    """
    for belt in (blue, green):
        balances(belt, ("old", 1), progress=150)
        belt.write("Balance", (11, 1, 105), "old", 2)
    with psycopg.connect(blue.dsn) as writing:
        writing.execute("INSERT INTO envio_checkpoints VALUES (12, 1, 140, NULL, 1)")
        writing.execute(BACKFILL, (["old"],))
        writing.execute("INSERT INTO \"envio_history_Balance\" VALUES ('old', 3, 12, 'SET')")
        writing.execute("UPDATE \"Balance\" SET amount = 3 WHERE id = 'old'")
        with psycopg.connect(blue.dsn) as pruning:
            pruning.execute(PRUNE, {"safe": 11})
    green.write("Balance", (12, 1, 140), "old", 3)
    assert blue.execute('SELECT envio_checkpoint_id FROM "envio_history_Balance"') == [(12,)]
    entity = only(await compare(blue, green, policy(depth=30)))
    assert (entity.serving, entity.candidate, entity.totals.unequal) == (1, 1, 0)
    assert "state at block 140 on 1, later than the rest: at their height" in entity.reason


async def test_rows_on_both_sides(blue: Belt, green: Belt) -> None:
    """However many each belt lost, all are settled where the last of their histories begins."""
    keys = [f"row-{number}" for number in range(6)]
    for belt in (blue, green):
        balances(belt, *((key, 1) for key in keys), progress=150)
    for number, key in enumerate(keys):
        checkpoint = (20 + number, 1, 130 + number)
        loser, keeper = (blue, green) if number % 2 else (green, blue)
        lose(loser, checkpoint, key, 2)
        keeper.write("Balance", checkpoint, key, 2)
    entity = only(await compare(blue, green, policy(depth=30)))
    assert (entity.serving, entity.candidate, entity.totals.unequal) == (6, 6, 0)
    assert "state at block 135 on 1" in entity.reason


async def test_one_chain_after_the_other(blue: Belt, green: Belt) -> None:
    """What has to be passed on a second chain does not let go of what had to be passed on the first."""
    for belt in (blue, green):
        balances(belt, ("old", 1), progress=150, chains=(1, 10))
    blue.write("Balance", (25, 1, 125), "new", 1)
    blue.write("Balance", (26, 1, 130), "old", 2)
    lose(green, (26, 1, 130), "old", 2)
    green.write("Balance", (30, 10, 140), "new", 1)
    entity = only(await compare(blue, green, policy(1, 10, depth=30)))
    assert (entity.serving, entity.candidate, entity.totals.unequal) == (2, 2, 0)
    assert "state at block 130 on 1, 140 on 10" in entity.reason


async def test_a_row_that_was_deleted_before(blue: Belt, green: Belt) -> None:
    """A row of which history says that it was deleted is missing, whatever was written later."""
    for belt in (blue, green):
        balances(belt, ("old", 1), ("idle", 1), progress=150)
    green.delete("Balance", (12, 1, 110), "old")
    green.write("Balance", (13, 1, 140), "old", 1)
    entity = only(await compare(blue, green, policy(depth=30)))
    assert entity.differences == (RowDifference(kind=Kind.MISSING, key="old"),)


async def test_the_other_belt_gets_there_later(blue: Belt, green: Belt) -> None:
    """While the other belt has not committed that block, the gate waits for it."""
    for belt in (blue, green):
        balances(belt, ("old", 1), progress=150)
    green.at(120)
    lose(blue, (12, 1, 140), "old", 2)

    async def catch_up() -> None:
        """The candidate commits what was missing."""
        await asyncio.sleep(1)
        await asyncio.to_thread(green.write, "Balance", (12, 1, 140), "old", 2)
        await asyncio.to_thread(green.at, 141)

    rows, _ = await asyncio.gather(compare(blue, green), catch_up())
    assert only(rows).totals.unequal == 0
    assert "state at block 141 on 1" in only(rows).reason


async def test_the_other_belt_never_gets_there(blue: Belt, green: Belt) -> None:
    """Then nobody can tell, and the gate says at which block it can be told."""
    for belt in (blue, green):
        balances(belt, ("old", 1), progress=150)
    green.at(120)
    lose(blue, (12, 1, 140), "old", 2)
    [entity] = (await compare(blue, green, seconds=2.0)).entities
    assert isinstance(entity, EntityUnread)
    assert entity.why.cause is Cause.UNDECIDABLE
    assert "1 of its rows, such as old, are on one belt" in entity.why.reason
    assert "when both belts have passed block 140 of chain 1" in entity.why.reason


async def test_a_row_that_came_late_and_wrong(blue: Belt, green: Belt) -> None:
    """A row that the candidate made late is compared where it has it, and is wrong there."""
    balances(blue, ("late", 1), ("idle", 1), progress=150)
    balances(green, ("idle", 1), progress=150)
    green.write("Balance", (12, 1, 140), "late", 2)
    [row] = only(await compare(blue, green, policy(depth=30))).differences
    assert (row.kind, row.key) == (Kind.DIFFERENT, "late")


async def test_a_row_that_went_again(blue: Belt, green: Belt) -> None:
    """A row that the candidate made late and deleted is missing."""
    balances(blue, ("late", 1), ("idle", 1), progress=150)
    balances(green, ("idle", 1), progress=150)
    green.write("Balance", (12, 1, 130), "late", 1)
    green.delete("Balance", (13, 1, 135), "late")
    lose(blue, (14, 1, 145), "idle", 2)
    green.write("Balance", (14, 1, 145), "idle", 2)
    entity = only(await compare(blue, green, policy(depth=30)))
    assert entity.differences == (RowDifference(kind=Kind.MISSING, key="late"),)


@pytest.mark.parametrize("fault", ["missing", "extra", "different"])
async def test_beside_a_row_that_is_wrong(blue: Belt, green: Belt, fault: str) -> None:
    """One row without a beginning does not put off what is wrong of another, nor hide it."""
    for belt in (blue, green):
        balances(belt, ("old", 1), ("idle", 1), progress=150)
    lose(blue, (12, 1, 140), "old", 2)
    green.write("Balance", (12, 1, 140), "old", 2)
    match fault:
        case "missing":
            green.execute("DELETE FROM \"Balance\" WHERE id = 'idle'")
        case "extra":
            green.fill("Balance", ("more", 1))
        case _:
            green.execute("UPDATE \"Balance\" SET amount = 2 WHERE id = 'idle'")
    entity = only(await compare(blue, green, policy(depth=30)))
    assert {row.kind for row in entity.differences} >= {Kind(fault), Kind.EXTRA}
    assert entity.totals.unequal == 2
    assert entity.reason.endswith("state at block 120 on 1")


async def test_a_row_without_any_history(blue: Belt, green: Belt) -> None:
    """A row that the candidate does not have, now or ever, is missing at once."""
    balances(blue, ("old", 1), progress=150)
    balances(green, progress=150)
    entity = only(await compare(blue, green, policy(depth=30), seconds=3.0))
    assert (entity.totals.missing, entity.totals.unequal) == (1, 1)


async def test_more_rows_than_are_named(blue: Belt, green: Belt) -> None:
    """So many are no accident of pruning: they are missing."""
    rows = [(f"row-{number}", 1) for number in range(60)]
    balances(blue, *rows, progress=150)
    balances(green, progress=150)
    for key, amount in rows:
        green.write("Balance", (12, 1, 140), key, amount)
    entity = only(await compare(blue, green, policy(depth=30)))
    assert entity.totals.missing == 60


@pytest.mark.parametrize(("rows", "told"), [(3, True), (4, False)])
async def test_one_after_the_other(blue: Belt, green: Belt, rows: int, told: bool) -> None:
    """A candidate that is late with row after row is compared a few times, and then it is not told."""
    balances(blue, ("a", 1), ("idle", 1), progress=200)
    balances(green, ("idle", 1), progress=200)
    for number, key in enumerate(itertools.islice("abcd", rows)):
        block = 120 + 10 * number
        if number:
            blue.write("Balance", (block - 12, 1, block - 12), key, 1)
        green.write("Balance", (block, 1, block), key, 1)
    [entity] = (await compare(blue, green, policy(depth=85))).entities
    assert isinstance(entity, EntityUnread) is not told
    if told:
        assert only(await compare(blue, green, policy(depth=85))).totals.unequal == 0


async def test_checkpoints_that_are_missing(blue: Belt, green: Belt) -> None:
    """What nobody knows any more is said so, on a belt of one chain too, and not put down to many chains."""
    for belt in (blue, green):
        balances(belt, ("old", 1), ("idle", 1), progress=150)
        for checkpoint, amount in (((11, 1, 105), 2), ((12, 1, 110), 3), ((13, 1, 145), 4)):
            belt.write("Balance", checkpoint, "old", amount)
    blue.execute("DELETE FROM envio_checkpoints WHERE id = 12")
    green.execute('UPDATE "envio_history_Balance" SET amount = 9 WHERE envio_checkpoint_id = 12')
    entity = only(await compare(blue, green, policy(depth=30), seconds=4.0))
    assert [row.key for row in entity.undecided] == ["old"]
    assert entity.torn
    assert "of 1 row, such as old, a part of the history is gone" in entity.doubt
    assert "several chains" not in entity.doubt
