"""Two belts of any generations: equal ones pass, and what is wrong in one of them is found."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest

from gate.observations.rows import Basis, EntityRows, EntityUnread, Rows
from tests.live.gate.content.belt import Belt, compare, policy
from tests.live.gate.generations.belt import ENTITIES, make
from tests.live.gate.generations.generation import (
    ALPHA,
    BY_CHAIN,
    GENERATIONS,
    LATE_ALPHA,
    NEWEST,
    OLDEST,
    SNAKE,
    THREE,
    Generation,
)

pytestmark = pytest.mark.live

IN_SHORT = ((OLDEST, THREE), (ALPHA, SNAKE), (LATE_ALPHA, BY_CHAIN), (NEWEST, NEWEST))
"""In these pairs each generation is met once."""
PAIRS = (
    *IN_SHORT,
    *((one, one) for one in GENERATIONS if one is not NEWEST),
    *pairwise(GENERATIONS),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What is planted in the candidate: in which table, and the entity that it shows in."""

    name: str
    table: str
    statement: str

    @property
    def entity(self) -> str:
        return self.table.removeprefix("envio_history_")


def faults(kind: Generation) -> Iterator[Fault]:
    """One of each class. Chain 1 is compared where the candidate is, chain 10 below that."""
    chain, block = kind.spelt("chainId"), kind.spelt("blockNumber")
    one = f'WHERE "{block}" = 20 AND "{chain}" = 10'
    columns = ", ".join(f'"{kind.spelt(name)}"' for name, _ in kind.columns(ENTITIES["Transfer"]))
    own = f"id LIKE '%a1' AND \"{chain}\""

    def fault(name: str, table: str, statement: str) -> Fault:
        return Fault(name=name, table=table, statement=statement)

    yield fault("lost", "Transfer", f'DELETE FROM "Transfer" {one}')
    yield fault("changed", "Transfer", f'UPDATE "Transfer" SET value = 7 {one}')
    doubled = columns.replace('"id"', "'10-20-1'", 1)
    yield fault(
        "a double", "Transfer", f'INSERT INTO "Transfer" ({columns}) SELECT {doubled} FROM "Transfer" {one}'
    )
    yield fault("of another chain", "Transfer", f'UPDATE "Transfer" SET "{chain}" = 1 {one}')
    yield fault("lost, of those that change", "Account", f'DELETE FROM "Account" WHERE {own} = 1')
    yield fault("other bytes", "Account", f'UPDATE "Account" SET code = \'\\x00\' WHERE "{chain}" = 1')
    yield fault(
        "a wrong state",
        "envio_history_Account",
        f'UPDATE "envio_history_Account" SET balance = balance + 1 WHERE {own} = 10',
    )
    yield fault(
        "a lost history", "envio_history_Account", f'DELETE FROM "envio_history_Account" WHERE "{chain}" = 10'
    )
    yield fault("by a numeric id", "Lot", f'UPDATE "Lot" SET seen = seen - 1 WHERE "{chain}" = 1')
    yield fault("without a chain", "ChainActivity", "UPDATE \"ChainActivity\" SET events = 7 WHERE id = '1'")


def compared(rows: Rows) -> dict[str, EntityRows]:
    """The entities, each of which was compared."""
    unread = [one for one in rows.entities if not isinstance(one, EntityRows)]
    assert not unread, unread
    return {one.entity: one for one in rows.entities if isinstance(one, EntityRows)}


@pytest.mark.parametrize(
    ("serving", "candidate"),
    [
        pytest.param(
            *pair, id=" to ".join(map(str, pair)), marks=() if pair in IN_SHORT else pytest.mark.deep
        )
        for pair in PAIRS
    ],
)
async def test_a_pair(serving: Generation, candidate: Generation, blue: Belt, green: Belt) -> None:
    """Each is as far as it is; what one has written above the height is undone before they are compared."""
    shared = serving.by_chain and candidate.by_chain
    make(blue, serving, progress=60, other=57, shared=shared)
    make(green, candidate, progress=56, other=59, shared=shared)
    seen = compared(await compare(blue, green, policy(1, 10)))
    assert seen.keys() == ENTITIES.keys()
    assert {one.entity: (one.totals.unequal, one.totals.undecided) for one in seen.values()} == dict.fromkeys(
        ENTITIES, (0, 0)
    )
    assert all(one.serving and not one.absent_columns for one in seen.values())
    assert seen["Transfer"].basis is Basis.AT_BLOCK
    assert {seen[name].basis for name in ("Account", "ChainActivity", "Lot")} == {Basis.BY_STATE}
    for fault in faults(candidate):
        green.execute(f'CREATE TABLE kept AS TABLE "{fault.table}"')
        green.execute(fault.statement)
        rows = await compare(blue, green, policy(1, 10), seconds=3.0)
        assert unlike(rows) == {fault.entity}, (fault, rows.entities)
        green.execute(f'TRUNCATE "{fault.table}"')
        green.execute(f'INSERT INTO "{fault.table}" TABLE kept')
        green.execute("DROP TABLE kept")


def unlike(rows: Rows) -> set[str]:
    """The entities of which rows are seen to differ."""
    return {
        one.entity
        for one in rows.entities
        if (isinstance(one, EntityRows) and one.totals.unequal)
        or (isinstance(one, EntityUnread) and one.found)
    }
