"""Rows that several chains write: what is decidable of them is decided, and the rest is told by name."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from gate.observations.rows import EntityRows, EntityUnread, Kind
from gate.policy.across import AcrossChains
from gate.policy.entities import EntityPolicy
from gate.policy.model import Policy
from tests.live.gate.content.belt import Belt, compare, only, policy

pytestmark = pytest.mark.live

COLUMNS = (
    '"total" NUMERIC NOT NULL, "highest" NUMERIC NOT NULL, "count" INTEGER NOT NULL, "last" INTEGER NOT NULL'
)
KINDS = AcrossChains(sums=("total", "count"), extremes=("highest",))
WITH_ORDER = AcrossChains(
    sums=("total", "count"), extremes=("highest",), order=("last",), reason="nobody reads it"
)
CHAINS = (1, 10)

Write = tuple[int, int, str, int]  # chain, block, user, amount


def says(across: AcrossChains | None) -> Policy:
    entities = (EntityPolicy(name="User", across=across),) if across else ()
    return policy(*CHAINS, entities=entities)


def seeded(belt: Belt, progress: dict[int, int], *, anchors: Iterable[tuple[Any, ...]] = ()) -> None:
    """A belt whose history begins at block 100 of both chains."""
    belt.seed(*CHAINS)
    for chain, block in progress.items():
        belt.at(block, chain)
    belt.entity("User", COLUMNS, history=True)
    for number, chain in enumerate(CHAINS):
        belt.execute("INSERT INTO envio_checkpoints VALUES (%s, %s, 100, NULL, 0)", (10 + number, chain))
    belt.fill("User", *anchors)


def wrote(belt: Belt, *writes: Write, first: int = 12, spoil: int = 0) -> None:
    """What a handler makes of events, in the order in which this belt meets them."""
    state: dict[str, tuple[int, int, int]] = {}
    for number, (chain, block, user, amount) in enumerate(writes):
        total, highest, count = state.get(user) or _held(belt, user)
        state[user] = total + amount, max(highest, amount), count + 1
        total, highest, count = state[user]
        belt.write("User", (first + number, chain, block), user, total + spoil, highest, count, chain)


def _held(belt: Belt, user: str) -> tuple[int, int, int]:
    found = belt.execute('SELECT total, highest, count FROM "User" WHERE id = %s', (user,))
    return tuple(map(int, found[0])) if found else (0, 0, 0)  # type: ignore[return-value, arg-type]


# The serving belt is ahead, and met a late block of chain 1 before an early one of chain 10.
EARLY: tuple[Write, ...] = ((1, 110, "ann", 5), (10, 110, "ann", 7), (10, 111, "bob", 1))
LATE: tuple[Write, ...] = ((1, 130, "ann", 50),)


@pytest.fixture
def belts(blue: Belt, green: Belt) -> tuple[Belt, Belt]:
    """Two belts that are right, and met the same events in orders of their own."""
    seeded(blue, {1: 140, 10: 120}, anchors=[("ann", 100, 60, 3, 1), ("old", 1, 1, 1, 1)])
    seeded(green, {1: 120, 10: 120}, anchors=[("ann", 100, 60, 3, 1), ("old", 1, 1, 1, 1)])
    wrote(blue, EARLY[0], LATE[0], EARLY[1], EARLY[2])
    wrote(green, EARLY[1], EARLY[2], EARLY[0])
    return blue, green


async def test_two_belts_that_are_right(belts: tuple[Belt, Belt]) -> None:
    """With every column's kind said, nothing is left open: sums are undone to the height, order is named."""
    entity = only(await compare(*belts, says(WITH_ORDER)))
    assert (entity.serving, entity.totals.unequal, entity.totals.undecided) == (3, 0, 0)
    assert [row.key for row in entity.covered] == ["ann"]


async def test_a_column_of_no_kind(belts: tuple[Belt, Belt]) -> None:
    """It is told by name, with the row, and nothing else is in doubt."""
    entity = only(await compare(*belts, says(KINDS), seconds=4.0))
    assert (entity.totals.unequal, entity.totals.undecided) == (0, 1)
    assert {value.column for row in entity.undecided for value in row.values} == {"last"}


async def test_nothing_said(belts: tuple[Belt, Belt]) -> None:
    """Which rows there are is decided, and what chains write alone; the values of the others stay open."""
    entity = only(await compare(*belts, says(None), seconds=4.0))
    assert (entity.serving, entity.candidate, entity.totals.unequal) == (3, 3, 0)
    assert [row.key for row in entity.undecided] == ["ann"]
    assert "such as ann, is written from several chains" in entity.doubt


async def test_one_belt_twice(blue: Belt, green: Belt) -> None:
    """A belt that is the very same passes, with nothing said of any column."""
    for belt in (blue, green):
        seeded(belt, {1: 140, 10: 120})
        wrote(belt, EARLY[0], LATE[0], EARLY[1], EARLY[2])
    entity = only(await compare(blue, green, says(None)))
    assert (entity.serving, entity.totals.unequal, entity.totals.undecided) == (2, 0, 0)


@pytest.mark.parametrize("across", [None, KINDS, WITH_ORDER])
@pytest.mark.parametrize(
    ("change", "kind", "key"),
    [
        ("DELETE FROM \"User\" WHERE id = 'old'", Kind.MISSING, "old"),
        ("UPDATE \"User\" SET total = total + 1 WHERE id = 'old'", Kind.DIFFERENT, "old"),
        ("INSERT INTO \"User\" VALUES ('eve', 1, 1, 1, 1)", Kind.EXTRA, "eve"),
    ],
)
async def test_what_is_wrong_is_found(
    belts: tuple[Belt, Belt], across: AcrossChains | None, change: str, kind: Kind, key: str
) -> None:
    """A row lost, changed or invented that no order accounts for."""
    belts[1].execute(change)
    entity = only(await compare(*belts, says(across)))
    assert [(row.kind, row.key) for row in entity.differences] == [(kind, key)]


async def test_a_sum_that_is_wrong(belts: tuple[Belt, Belt]) -> None:
    """A sum is exact even in a row whose state at the heights never existed."""
    belts[0].execute(
        "UPDATE \"envio_history_User\" SET total = total + 1 WHERE id = 'ann' AND envio_checkpoint_id > 13"
    )
    [row] = only(await compare(*belts, says(WITH_ORDER))).differences
    assert (row.key, "total" in {value.column for value in row.values}) == ("ann", True)


async def test_a_row_that_the_candidate_lost(belts: tuple[Belt, Belt]) -> None:
    """Gone from the table, its history and its events alike: missing, whatever the order."""
    belts[1].execute("DELETE FROM \"User\" WHERE id = 'bob'")
    belts[1].execute("DELETE FROM \"envio_history_User\" WHERE id = 'bob'")
    entity = only(await compare(*belts, says(WITH_ORDER)))
    assert [(row.kind, row.key) for row in entity.differences] == [(Kind.MISSING, "bob")]


async def test_a_look_that_decides(belts: tuple[Belt, Belt]) -> None:
    """What one look leaves open, a later one decides once the candidate has come as far."""
    extremes = AcrossChains(sums=("total", "count"), extremes=("highest",), order=("last",), reason="-")
    belts[0].execute("UPDATE \"User\" SET highest = 70 WHERE id = 'ann'")
    belts[0].execute(
        "UPDATE \"envio_history_User\" SET highest = 70 WHERE id = 'ann' AND envio_checkpoint_id > 12"
    )

    async def catch_up() -> None:
        await asyncio.sleep(0.7)
        await asyncio.to_thread(wrote, belts[1], LATE[0], first=20)
        await asyncio.to_thread(belts[1].execute, "UPDATE \"User\" SET highest = 70 WHERE id = 'ann'")
        await asyncio.to_thread(
            belts[1].execute,
            "UPDATE \"envio_history_User\" SET highest = 70 WHERE id = 'ann' AND envio_checkpoint_id >= 20",
        )
        await asyncio.to_thread(belts[1].at, 140, 1)

    rows, _ = await asyncio.gather(compare(*belts, says(extremes), seconds=20.0), catch_up())
    entity = only(rows)
    assert (entity.totals.undecided, entity.totals.unequal) == (0, 0), entity.differences


async def test_without_history(blue: Belt, green: Belt) -> None:
    """At equal progress sums have to be equal as well, and what has no kind stays open."""
    for belt, last in ((blue, 1), (green, 10)):
        belt.seed(*CHAINS, progress=150)
        belt.entity("User", COLUMNS)
        belt.fill("User", ("ann", 10, 5, 2, last))
    entity = only(await compare(blue, green, says(KINDS), seconds=4.0))
    assert (entity.totals.unequal, entity.totals.undecided) == (0, 1)
    green.execute('UPDATE "User" SET total = 11')
    assert only(await compare(blue, green, says(KINDS), seconds=4.0)).totals.different == 1


async def test_a_sum_that_holds_no_number(blue: Belt, green: Belt) -> None:
    """The policy is told, and nothing passes."""
    for belt in (blue, green):
        seeded(belt, {1: 140, 10: 120})
        belt.execute('ALTER TABLE "User" ADD COLUMN note TEXT')
        belt.execute(
            'ALTER TABLE "envio_history_User" DROP COLUMN envio_change, DROP COLUMN envio_checkpoint_id'
        )
        belt.execute(
            'ALTER TABLE "envio_history_User" ADD COLUMN note TEXT, ADD COLUMN envio_checkpoint_id BIGINT,'
            " ADD COLUMN envio_change envio_history_change"
        )
    [entity] = (await compare(blue, green, says(AcrossChains(sums=("note",))))).entities
    assert isinstance(entity, EntityUnread)
    assert "calls note a sum, and it holds no numbers" in entity.why.reason


async def test_an_extreme_of_a_mixed_row(belts: tuple[Belt, Belt]) -> None:
    """What lies above the heights did not make it, so it is decided, and a wrong one is found."""
    entity = only(await compare(*belts, says(WITH_ORDER)))
    assert (entity.totals.unequal, entity.totals.undecided) == (0, 0)
    # The anchor says 60, which 50 above the heights does not hide.
    for statement in (
        "UPDATE \"User\" SET highest = 61 WHERE id = 'ann'",
        "UPDATE \"envio_history_User\" SET highest = 61 WHERE id = 'ann'",
    ):
        belts[1].execute(statement)
    [row] = only(await compare(*belts, says(WITH_ORDER))).differences
    assert (row.key, "highest" in {value.column for value in row.values}) == ("ann", True)


async def test_an_extreme_that_is_hidden(blue: Belt, green: Belt) -> None:
    """One belt met 50 above the heights first, and nobody knows what it met below: that stays open."""
    seeded(blue, {1: 140, 10: 120})
    seeded(green, {1: 120, 10: 120})
    wrote(blue, (1, 110, "ann", 5), (1, 130, "ann", 50), (10, 110, "ann", 7))
    wrote(green, (10, 110, "ann", 7), (1, 110, "ann", 5))
    entity = only(await compare(blue, green, says(WITH_ORDER), seconds=4.0))
    assert (entity.totals.unequal, entity.totals.undecided) == (0, 1)
    assert {value.column for row in entity.undecided for value in row.values} >= {"highest"}


async def test_a_row_that_began_anew(blue: Belt, green: Belt) -> None:
    """A row that was deleted meanwhile has two extremes: neither is taken for the other."""
    seeded(blue, {1: 140, 10: 120})
    seeded(green, {1: 120, 10: 120})
    wrote(blue, (1, 110, "ann", 9))
    blue.delete("User", (13, 1, 111), "ann")
    wrote(blue, (1, 130, "ann", 3), (10, 110, "ann", 2), first=14)
    wrote(green, (1, 110, "ann", 9))
    green.delete("User", (13, 1, 111), "ann")
    wrote(green, (10, 110, "ann", 2), first=14)
    entity = only(await compare(blue, green, says(WITH_ORDER), seconds=4.0))
    assert "highest" not in {value.column for row in entity.differences for value in row.values}


@pytest.mark.parametrize("seed", range(6))
async def test_any_order(blue: Belt, green: Belt, seed: int) -> None:
    """Whatever order each belt meets two chains in, and however far each is: the same events pass, one more
    does not.
    """
    dice = random.Random(seed)
    events = {
        chain: sorted(
            (chain, dice.randint(101, 160), dice.choice(["ann", "bob", "cid"]), dice.randint(1, 9))
            for _ in range(12)
        )
        for chain in CHAINS
    }
    for belt in (blue, green):
        ends = {chain: dice.randint(120, 160) for chain in CHAINS}
        seeded(belt, ends)
        wrote(
            belt,
            *_merged(dice, [[one for one in events[chain] if one[1] <= ends[chain]] for chain in CHAINS]),
        )
    extremes = AcrossChains(sums=("total", "count"), extremes=("highest",), order=("last",), reason="-")
    assert only(await compare(blue, green, says(extremes), seconds=4.0)).totals.unequal == 0
    across = AcrossChains(sums=("total", "count"), order=("last", "highest"), reason="-")
    entity = only(await compare(blue, green, says(across)))
    assert isinstance(entity, EntityRows)
    assert (entity.totals.unequal, entity.totals.undecided) == (0, 0)
    if entity.serving:
        # One event that only one belt counts, at the very first block of its history.
        green.execute('UPDATE "User" SET total = total + 1')
        green.execute('UPDATE "envio_history_User" SET total = total + 1')
        assert only(await compare(blue, green, says(across))).totals.different


def _merged(dice: random.Random, streams: Sequence[list[Write]]) -> list[Write]:
    """Each stream in its own order, drawn from at random."""
    left, found = [list(stream) for stream in streams], []
    while any(left):
        found.append(dice.choice([stream for stream in left if stream]).pop(0))
    return found
