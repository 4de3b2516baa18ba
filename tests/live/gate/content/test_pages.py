"""Rows of a few segments are looked for where they ought to lie on disk, and found wherever they lie."""

import pytest
from psycopg import sql

from gate.observations.rows import Kind
from gate.probes.database import catalog
from gate.probes.database.pages import narrowed
from gate.probes.database.relation import Fields, Relation, at_block
from gate.probes.database.session import Snapshot, opened
from gate.secret import Secret
from tests.live.gate.content.belt import Belt, compare, only

pytestmark = pytest.mark.live

ROWS, TOP = 8_000, 1_999  # four rows a page and a block
FIELDS = Fields(chain="chain_id", block="block")


def filled(belt: Belt, *, order: str = "n") -> None:
    """A table of 2,000 pages, written in some order."""
    belt.seed(1, 10, progress=TOP)
    columns = '"chain_id" INTEGER NOT NULL, "block" INTEGER NOT NULL, "memo" TEXT'
    belt.entity("Transfer", columns, history=True)
    belt.execute("INSERT INTO envio_checkpoints VALUES (1, 1, 1, NULL, 0)")
    belt.execute(
        "INSERT INTO \"Transfer\" SELECT 'r' || n, CASE n % 2 WHEN 0 THEN 1 ELSE 10 END, n / 4,"
        f" repeat('x', 1900) FROM generate_series(0, {ROWS - 1}) AS n ORDER BY {order}"
    )


async def relation(snapshot: Snapshot) -> Relation:
    """The rows of the table at its height, in segments of 16 blocks."""
    table = (await catalog.read(snapshot)).table("Transfer")
    assert table is not None
    return at_block(snapshot, table, FIELDS, heights={1: TOP, 10: TOP}, foreign=(), bits=4, aligned=True)


@pytest.mark.parametrize(
    ("order", "wanted", "found"),
    [
        ("n", {-50: 32, -70: 32}, True),
        ("n", {-50: 32, -4000: 0}, True),
        ("n", {-50: 33}, False),
        ("md5(n::text)", {-50: 32}, False),
    ],
)
async def test_where_rows_are_looked_for(blue: Belt, order: str, wanted: dict[int, int], found: bool) -> None:
    """Some pages of a table stand for the whole only where they hold every row that there is."""
    filled(blue, order=order)
    async with (
        opened(Secret(blue.dsn), name="the belt", remaining=lambda: 20.0) as database,
        database.snapshot() as snapshot,
    ):
        whole = await relation(snapshot)
        less = await narrowed(snapshot, whole, chain="1", wanted=wanted)
        assert (less is not whole) is found
        [(read,)] = await snapshot.rows(_count(less))
    assert read < ROWS / 4 if found else read == ROWS


def _count(relation: Relation) -> sql.Composed:
    return sql.SQL("SELECT count(*) FROM {} t").format(relation.body)


DIFFERENT = {
    "missing": "DELETE FROM \"Transfer\" WHERE id = 'r3000'",
    "different": "UPDATE \"Transfer\" SET memo = 'y' WHERE id = 'r5000'",
    "extra": "INSERT INTO \"Transfer\" VALUES ('new', 1, 1500, 'z')",
}


@pytest.mark.parametrize("order", ["n", "n DESC", "md5(n::text)"])
async def test_three_rows_among_many_pages(blue: Belt, green: Belt, order: str) -> None:
    """They are named in whatever order the belts have written their tables."""
    filled(blue)
    filled(green, order=order)
    for statement in DIFFERENT.values():
        green.execute(statement)
    entity = only(await compare(blue, green))
    assert [(row.kind, row.key, row.block) for row in entity.differences] == [
        (Kind.MISSING, "r3000", 750),
        (Kind.EXTRA, "new", 1500),
        (Kind.DIFFERENT, "r5000", 1250),
    ]


async def test_a_row_that_lies_far_from_its_neighbours(blue: Belt, green: Belt) -> None:
    """A row of an unequal segment that lies where nobody would look is not taken for a missing one."""
    filled(blue)
    filled(green, order="CASE n WHEN 5004 THEN 900 ELSE n END")
    green.execute("UPDATE \"Transfer\" SET memo = 'y' WHERE id = 'r5006'")
    entity = only(await compare(blue, green))
    assert [(row.kind, row.key) for row in entity.differences] == [(Kind.DIFFERENT, "r5006")]
