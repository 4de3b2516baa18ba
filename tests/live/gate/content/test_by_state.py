"""Rows that change: compared in the state that they had at one height, however far each belt is by now."""

import asyncio

import pytest

from gate.observations.rows import Above, Basis, EntityUnread, Height, Kind, Value
from gate.observations.unobserved import Cause
from gate.policy.entities import Compare, EntityPolicy
from tests.live.gate.content.belt import Belt, balances, compare, only, policy

pytestmark = pytest.mark.live


async def test_belts_that_move_at_different_heights(blue: Belt, green: Belt) -> None:
    """What one belt wrote above the height is undone before comparing."""
    balances(blue, progress=150)
    balances(green, progress=120)
    for belt in (blue, green):
        belt.fill("Balance", ("idle", 1), ("busy", 5))
        belt.write("Balance", (11, 1, 110), "busy", 6)
        belt.write("Balance", (12, 1, 111), "new", 1)
    blue.write("Balance", (13, 1, 130), "busy", 7)
    blue.write("Balance", (14, 1, 140), "late", 9)
    blue.delete("Balance", (15, 1, 141), "idle")
    rows = await compare(blue, green)
    entity = only(rows)
    assert (entity.basis, entity.serving, entity.totals.unequal) == (Basis.BY_STATE, 3, 0)
    assert rows.heights == (
        Height(
            chain=1,
            block=120,
            serving=150,
            candidate=120,
            rule="the lower progress less 0 blocks",
            made=1_700_000_120,
            behind=0,
            above=Above(serving=0, candidate=0, blocks=0),
        ),
    )


async def test_a_state_that_differs(blue: Belt, green: Belt) -> None:
    """A row whose current values agree, but whose state at the height did not, is named with that state."""
    balances(blue, progress=150)
    balances(green, progress=120)
    blue.fill("Balance", ("busy", 5))
    green.fill("Balance", ("busy", 7))
    blue.write("Balance", (13, 1, 130), "busy", 7)
    [row] = only(await compare(blue, green)).differences
    assert (row.kind, row.values) == (Kind.DIFFERENT, (Value(column="amount", serving="5", candidate="7"),))


async def test_a_row_that_was_deleted_before_the_height(blue: Belt, green: Belt) -> None:
    """A row deleted at or below the height does not come back from history."""
    balances(blue, progress=150)
    balances(green, progress=120)
    for belt in (blue, green):
        belt.fill("Balance", ("gone", 1), ("stays", 1))
        belt.delete("Balance", (11, 1, 110), "gone")
    blue.write("Balance", (12, 1, 130), "gone", 2)
    entity = only(await compare(blue, green))
    assert (entity.serving, entity.totals.unequal) == (1, 0)


async def test_history_that_was_pruned(blue: Belt, green: Belt) -> None:
    """A height below the oldest checkpoint is lifted to the oldest state that both belts still know."""
    balances(blue, progress=150)
    balances(green, progress=140)
    for belt in (blue, green):
        belt.fill("Balance", ("busy", 5))
        belt.write("Balance", (11, 1, 135), "busy", 6)
        belt.execute("DELETE FROM envio_checkpoints WHERE id < 11")
    blue.write("Balance", (12, 1, 145), "busy", 7)
    entity = only(await compare(blue, green, policy(depth=60)))
    assert "state at block 134 on 1" in entity.reason
    assert entity.totals.unequal == 0


async def test_history_that_begins_after_the_other_belt_ended(blue: Belt, green: Belt) -> None:
    """No height is known to both belts: that is not told, and says so."""
    balances(blue, progress=150)
    balances(green, progress=90)
    [entity] = (await compare(blue, green)).entities
    assert isinstance(entity, EntityUnread)
    assert entity.why.cause is Cause.UNDECIDABLE
    assert "reach back to block 99 of chain 1, and one belt is only at 90" in entity.why.reason


async def test_a_block_column_that_is_not_one(blue: Belt, green: Belt) -> None:
    """An entity whose rows are rewritten is compared by state, whatever its columns are called."""
    for belt in (blue, green):
        belt.seed(1, progress=150)
        belt.entity("Pool", '"block" INTEGER NOT NULL, "volume" NUMERIC NOT NULL', history=True)
        belt.execute("INSERT INTO envio_checkpoints VALUES (10, 1, 100, NULL, 0)")
        belt.fill("Pool", ("p", 5, 1))
        belt.write("Pool", (11, 1, 110), "p", 110, 2)
    entity = only(await compare(blue, green))
    assert (entity.basis, entity.totals.unequal) == (Basis.BY_STATE, 0)
    assert "row p was rewritten" in entity.reason


async def test_a_policy_that_insists_on_such_a_column(blue: Belt, green: Belt) -> None:
    """Told to compare at a block what changes, the gate cannot tell."""
    for belt in (blue, green):
        belt.seed(1, progress=150)
        belt.entity("Pool", '"block" INTEGER NOT NULL', history=True)
        belt.fill("Pool", ("p", 5))
        belt.write("Pool", (11, 1, 110), "p", 110)
    says = policy(entities=(EntityPolicy(name="Pool", compare=Compare.AT_BLOCK),))
    [entity] = (await compare(blue, green, says)).entities
    assert isinstance(entity, EntityUnread)
    assert "its row p was rewritten later" in entity.why.reason


async def test_no_history_and_equal_progress(blue: Belt, green: Belt) -> None:
    """Where a belt keeps no history, the gate waits until both have committed the same blocks."""
    for belt, progress in ((blue, 150), (green, 149)):
        belt.seed(1, progress=progress)
        belt.entity("Balance", '"amount" NUMERIC NOT NULL')
        belt.fill("Balance", ("a", 1))

    async def catch_up() -> None:
        """The candidate commits one more block."""
        await asyncio.sleep(0.5)
        await asyncio.to_thread(green.at, 150)

    rows, _ = await asyncio.gather(compare(blue, green), catch_up())
    assert (only(rows).basis, only(rows).totals.unequal) == (Basis.EQUAL_PROGRESS, 0)


async def test_no_history_and_never_equal_progress(blue: Belt, green: Belt) -> None:
    """Two belts that are never equally far cannot be compared by state, and the gate does not wait for
    ever.
    """
    for belt, progress in ((blue, 150), (green, 149)):
        belt.seed(1, progress=progress)
        belt.entity("Balance", '"amount" NUMERIC NOT NULL')
        belt.fill("Balance", ("a", 1))
    [entity] = (await compare(blue, green, seconds=2.0)).entities
    assert isinstance(entity, EntityUnread)
    assert "not once equally far" in entity.why.reason
