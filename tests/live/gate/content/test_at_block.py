"""Rows that say at which block they were written: compared up to one height, down to the exact row."""

import asyncio

import pytest

from gate.observations.rows import Basis, Group, Kind, Value
from tests.live.gate.content.belt import Belt, compare, only, policy

pytestmark = pytest.mark.live

TRANSFER = '"chain_id" INTEGER NOT NULL, "block" INTEGER NOT NULL, "value" NUMERIC NOT NULL, "memo" TEXT'


def transfers(
    belt: Belt, *rows: tuple[object, ...], progress: int = 1000, chains: tuple[int, ...] = (1,)
) -> None:
    """A belt with transfers."""
    belt.seed(*chains, progress=progress)
    belt.entity("Transfer", TRANSFER)
    if rows:
        belt.fill("Transfer", *rows)


ROWS = tuple((f"1_{n}", 1, n, n * 10**18, None if n % 3 else f"memo {n}") for n in range(1, 200))


async def test_the_same_rows(blue: Belt, green: Belt) -> None:
    """Equal tables are equal, and say how many rows that was."""
    transfers(blue, *ROWS)
    transfers(green, *reversed(ROWS))
    entity = only(await compare(blue, green))
    assert (entity.basis, entity.serving, entity.totals.unequal) == (Basis.AT_BLOCK, 199, 0)


async def test_one_row_missing_and_one_extra(blue: Belt, green: Belt) -> None:
    """Equal counts do not hide a row that is missing and one that is extra: both are named."""
    transfers(blue, *ROWS)
    transfers(green, *ROWS[:-1], ("1_5000", 1, 77, 0, None))
    entity = only(await compare(blue, green))
    assert [(row.kind, row.key, row.block) for row in entity.differences] == [
        (Kind.MISSING, "1_199", 199),
        (Kind.EXTRA, "1_5000", 77),
    ]
    assert entity.groups == (Group(chain="1", serving=199, candidate=199),)
    assert entity.first == (("1", 77),)


async def test_a_changed_value_beside_a_null(blue: Belt, green: Belt) -> None:
    """A NULL in a row does not hide another column of it."""
    transfers(blue, ("1_1", 1, 1, 10, None))
    transfers(green, ("1_1", 1, 1, 11, None))
    [row] = only(await compare(blue, green)).differences
    assert (row.kind, row.values) == (Kind.DIFFERENT, (Value(column="value", serving="10", candidate="11"),))


async def test_a_null_for_an_empty_text(blue: Belt, green: Belt) -> None:
    """NULL is not the empty text."""
    transfers(blue, ("1_1", 1, 1, 10, None))
    transfers(green, ("1_1", 1, 1, 10, ""))
    [row] = only(await compare(blue, green)).differences
    assert row.values == (Value(column="memo", serving=None, candidate=""),)


async def test_two_rows_that_swapped_a_value(blue: Belt, green: Belt) -> None:
    """What one row lost and another gained does not add up to nothing."""
    transfers(blue, ("a", 1, 1, 10, "x"), ("b", 1, 1, 20, "y"))
    transfers(green, ("a", 1, 1, 20, "x"), ("b", 1, 1, 10, "y"))
    assert only(await compare(blue, green)).totals.different == 2


async def test_a_sign_that_was_lost(blue: Belt, green: Belt) -> None:
    """Postgres' own hash of a number leaves its sign out; ours does not."""
    transfers(blue, ("a", 1, 1, 10, "x"))
    transfers(green, ("a", 1, 1, -10, "x"))
    assert only(await compare(blue, green)).totals.different == 1


async def test_a_row_that_moved_to_another_block(blue: Belt, green: Belt) -> None:
    """A row at another block is one row that differs, not one missing and one extra."""
    transfers(blue, *ROWS, ("moved", 1, 3, 1, None))
    transfers(green, *ROWS, ("moved", 1, 150, 1, None))
    entity = only(await compare(blue, green))
    assert (entity.totals.different, entity.totals.missing, entity.totals.extra) == (1, 0, 0)
    assert entity.differences[0].values == (Value(column="block", serving="3", candidate="150"),)


async def test_belts_at_different_heights(blue: Belt, green: Belt) -> None:
    """Only rows that both belts have had the time for are compared."""
    transfers(blue, *ROWS, progress=199)
    transfers(green, *ROWS[:150], progress=150)
    rows = await compare(blue, green)
    assert [(height.chain, height.block, height.serving) for height in rows.heights] == [(1, 150, 199)]
    assert (only(rows).serving, only(rows).totals.unequal) == (150, 0)


async def test_blocks_that_may_still_be_rewritten(blue: Belt, green: Belt) -> None:
    """Rows above the reorg depth are left out, whatever they hold."""
    transfers(blue, *ROWS, progress=199)
    transfers(green, *ROWS[:-1], ("other", 1, 199, 0, None), progress=199)
    entity = only(await compare(blue, green, policy(depth=10)))
    assert (entity.serving, entity.totals.unequal) == (189, 0)


async def test_columns_that_only_the_candidate_has(blue: Belt, green: Belt) -> None:
    """An addition, and another order of columns, are no difference, and are named."""
    transfers(blue, ("a", 1, 1, 10, "x"))
    green.seed(1)
    green.entity("Transfer", 'memo TEXT, extra TEXT, value NUMERIC, "block" BIGINT, "chain_id" NUMERIC')
    green.fill("Transfer", ("a", "x", "new", 10, 1, 1))
    entity = only(await compare(blue, green))
    assert (entity.totals.unequal, entity.left_out) == (0, ("extra",))


async def test_a_column_that_the_candidate_lacks(blue: Belt, green: Belt) -> None:
    """A column of the serving belt that cannot be compared is named."""
    transfers(blue, ("a", 1, 1, 10, "x"))
    green.seed(1)
    green.entity("Transfer", '"chain_id" INTEGER, "block" INTEGER, "value" NUMERIC')
    green.fill("Transfer", ("a", 1, 1, 10))
    assert only(await compare(blue, green)).absent_columns == ("memo",)


async def test_a_row_without_a_block(blue: Belt, green: Belt) -> None:
    """A row that does not say where it belongs is compared all the same."""
    for belt in (blue, green):
        belt.seed(1)
        belt.entity("Note", '"chain_id" INTEGER, "block" INTEGER, "text" TEXT')
    blue.fill("Note", ("a", 1, None, "x"), ("b", None, 3, "x"), ("c", 99, 4, "x"))
    green.fill("Note", ("a", 1, None, "y"), ("b", None, 3, "y"), ("c", 99, 4, "y"))
    assert only(await compare(blue, green)).totals.different == 3


async def test_a_chain_that_only_the_candidate_has(blue: Belt, green: Belt) -> None:
    """Rows of a chain that is new are no concern of the serving belt."""
    transfers(blue, *ROWS)
    transfers(green, *ROWS, ("10_1", 10, 5, 1, None), chains=(1, 10))
    entity = only(await compare(blue, green))
    assert (entity.candidate, entity.totals.unequal) == (199, 0)


async def test_every_row_is_different(blue: Belt, green: Belt) -> None:
    """The gate stops after enough rows, says so, and still knows the first divergent block."""
    many = [(f"1_{n:06}", 1, n // 2, n, None) for n in range(4, 3000)]
    transfers(blue, *many, progress=5000)
    transfers(
        green,
        *((key, chain, block, value + 1, memo) for key, chain, block, value, memo in many),
        progress=5000,
    )
    entity = only(await compare(blue, green))
    assert (entity.totals.different, entity.totals.complete) == (1000, False)
    assert entity.first == (("1", 2),)
    assert len(entity.differences) == 50


async def test_rows_that_change_while_the_gate_looks(
    blue: Belt, green: Belt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without history, a second look finds rows at or below the height that were written in between."""
    transfers(blue, *ROWS)
    transfers(green, *ROWS)

    pause = asyncio.sleep

    async def meddle(seconds: float) -> None:
        """Writes the very same values between the looks: only the row's place on disk tells."""
        await asyncio.to_thread(blue.execute, "UPDATE \"Transfer\" SET value = value WHERE id = '1_5'")
        await pause(seconds)

    monkeypatch.setattr(asyncio, "sleep", meddle)
    [entity] = (await compare(blue, green)).entities
    assert "changed while the gate looked" in entity.why.reason  # type: ignore[union-attr]
