"""What is remembered of one belt, and met again in another that was never beside it."""

import asyncio
import json
import time
from typing import Any

import pytest

from gate.alias.certificate import memory
from gate.alias.certificate.memory import Memory
from gate.alias.confirm.unchanged import unchanged
from gate.endpoints import Belt as Doors
from gate.endpoints import Endpoints
from gate.observations.rows import Basis, EntityAbsent, EntityUnread
from gate.observations.state import BeltState, EntityHeld, Held
from gate.observations.unobserved import Cause, Unobserved
from gate.outcome import Outcome
from gate.policy.model import Policy
from gate.probes.database import own_state
from gate.probes.world import World
from gate.secret import Address, Secret
from tests.live import plain
from tests.live.gate.content.belt import NOW, Belt, policy

pytestmark = pytest.mark.live

NOTHING = Unobserved(reason="not looked at", cause=Cause.NOT_LOOKED)
COLUMNS = '"chainId" INTEGER NOT NULL, "blockNumber" INTEGER NOT NULL, "value" NUMERIC NOT NULL, "note" TEXT'
ROWS = [(f"{chain}-{block}", chain, block, block * 7, None) for chain in (1, 10) for block in range(1, 60)]


async def world(belt: Belt, says: Policy, seconds: float = 20) -> World:
    doors = Doors(graphql=Address("http://127.0.0.1:9/v1/graphql"), database=Secret(belt.dsn))
    return World(
        endpoints=Endpoints(serving=None, candidate=doors),
        policy=says,
        http=plain.async_client(),
        seed=1,
        began=NOW,
        ends=time.monotonic() + seconds,
    )


async def taken(belt: Belt, says: Policy) -> BeltState:
    state = await own_state.take(await world(belt, says))
    assert isinstance(state, BeltState), state
    return kept(state)


def kept(state: BeltState) -> BeltState:
    """As it comes back from the ledger."""
    told = memory.encode(
        Memory(
            state=state,
            schema=NOTHING,
            enums=NOTHING,
            limits=NOTHING,
            marks={},
            seconds=0.1,
            forms=NOTHING,
            metadata=NOTHING,
        )
    )
    found = memory.decode(json.loads(json.dumps(told)))
    assert isinstance(found, Memory)
    assert found.state.entities == state.entities
    return found.state


async def met(
    belt: Belt, state: BeltState, says: Policy, seconds: float = 20, *, pruned: bool = False
) -> Any:
    held = await own_state.meet(await world(belt, says, seconds), state, pruned=pruned)
    assert isinstance(held, Held), held
    [entity] = held.entities
    return entity


def transfers(belt: Belt, *rows: tuple[Any, ...], progress: int = 50) -> None:
    belt.seed(1, 10, progress=progress)
    belt.entity("Transfer", COLUMNS)
    belt.fill("Transfer", *rows)


def counted(entity: EntityHeld) -> list[tuple[str | None, int, int, bool | None]]:
    return [(group.chain, group.then, group.now, group.alike) for group in entity.groups]


async def test_a_belt_that_is_further(blue: Belt, green: Belt) -> None:
    """Rows above the remembered height do not count, nor do those of a chain that is new."""
    transfers(blue, *ROWS)
    transfers(green, *ROWS, ("7-1", 7, 1, 1, None), progress=59)
    green.execute("INSERT INTO envio_chains SELECT 7, 0, NULL, 200, 9, 9, NULL, NULL, 0, false, 9, 0")
    entity = await met(green, await taken(blue, policy(1, 10, depth=10)), policy(1, 7, 10, depth=10))
    assert entity.basis is Basis.AT_BLOCK
    assert counted(entity) == [("1", 40, 40, True), ("10", 40, 40, True)]


@pytest.mark.parametrize(
    ("statement", "chain", "now"),
    [
        ("DELETE FROM \"Transfer\" WHERE id = '10-3'", "10", 39),
        ("UPDATE \"Transfer\" SET value = 8 WHERE id = '10-3'", "10", 40),
        ("UPDATE \"Transfer\" SET note = '' WHERE id = '10-3'", "10", 40),
        ("UPDATE \"Transfer\" SET id = 'x' WHERE id = '10-3'", "10", 40),
        ("INSERT INTO \"Transfer\" VALUES ('10-3b', 10, 3, 21, NULL)", "10", 41),
    ],
)
async def test_one_row_that_is_not_the_same(
    blue: Belt, green: Belt, statement: str, chain: str, now: int
) -> None:
    """It makes another sum on its own chain, and on no other."""
    transfers(blue, *ROWS)
    transfers(green, *ROWS)
    green.execute(statement)
    entity = await met(green, await taken(blue, policy(1, 10, depth=10)), policy(1, 10))
    assert counted(entity) == [("1", 40, 40, True), (chain, 40, now, False)]


async def test_a_row_above_the_height(blue: Belt, green: Belt) -> None:
    """What lies above the height was not final, and proves nothing."""
    transfers(blue, *ROWS)
    transfers(green, *ROWS)
    green.execute("DELETE FROM \"Transfer\" WHERE id = '10-45'")
    entity = await met(green, await taken(blue, policy(1, 10, depth=10)), policy(1, 10))
    assert [alike for *_, alike in counted(entity)] == [True, True]


async def test_a_belt_that_is_not_there_yet(blue: Belt, green: Belt) -> None:
    """It is waited for; what it has not reached in time is not called missing."""
    transfers(blue, *ROWS)
    transfers(green, *(row for row in ROWS if row[2] < 35), progress=34)
    state = await taken(blue, policy(1, 10, depth=10))
    meeting = asyncio.create_task(met(green, state, policy(1, 10)))
    await asyncio.sleep(1)
    assert not meeting.done()
    green.fill("Transfer", *(row for row in ROWS if row[2] >= 35))
    green.at(50, chain=1)
    green.at(50, chain=10)
    assert [alike for *_, alike in counted(await meeting)] == [True, True]
    green.at(39, chain=10)
    entity = await met(green, state, policy(1, 10), seconds=2)
    assert isinstance(entity, EntityUnread)
    assert entity.why.cause is Cause.UNDECIDABLE
    assert "has not reached block 40 of chain 10" in entity.why.reason


async def test_a_chain_that_the_belt_does_not_have(blue: Belt, green: Belt) -> None:
    """It is not waited for: its rows are missing."""
    transfers(blue, *ROWS)
    transfers(green, *(row for row in ROWS if row[1] == 1))
    green.execute("DELETE FROM envio_chains WHERE id = 10")
    state = await taken(blue, policy(1, 10, depth=10))
    found = await met(green, state, policy(1, 10), seconds=300)
    assert counted(found) == [("1", 40, 40, True), ("10", 40, 0, False)]


async def test_columns(blue: Belt, green: Belt) -> None:
    """A column more is left out, a column less is named, one of another type leaves it open."""
    transfers(blue, *ROWS)
    transfers(green, *ROWS)
    state = await taken(blue, policy(1, 10))
    green.execute('ALTER TABLE "Transfer" ADD COLUMN "more" TEXT DEFAULT \'x\'')
    assert [alike for *_, alike in counted(await met(green, state, policy(1, 10)))] == [True, True]
    green.execute('ALTER TABLE "Transfer" ALTER COLUMN "value" TYPE TEXT')
    assert "value has another type" in (await met(green, state, policy(1, 10))).doubt
    green.execute('ALTER TABLE "Transfer" DROP COLUMN "note"')
    entity = await met(green, state, policy(1, 10))
    assert entity.absent_columns == ("note",)
    assert [alike for *_, alike in counted(entity)] == [None, None]


async def test_an_entity_that_is_gone(blue: Belt, green: Belt) -> None:
    """It is absent, or it cannot be read by what it was counted by."""
    transfers(blue, *ROWS)
    transfers(green, *ROWS)
    state = await taken(blue, policy(1, 10))
    green.execute('ALTER TABLE "Transfer" DROP COLUMN "blockNumber"')
    assert isinstance(await met(green, state, policy(1, 10)), EntityUnread)
    green.execute('DROP TABLE "Transfer"')
    assert await met(green, state, policy(1, 10)) == EntityAbsent(entity="Transfer")


def balances(belt: Belt, *, progress: int) -> None:
    belt.seed(1, progress=progress)
    belt.entity("Balance", '"amount" NUMERIC NOT NULL', history=True)
    belt.execute("INSERT INTO envio_checkpoints VALUES (10, 1, 100, NULL, 0)")
    belt.fill("Balance", ("idle", 1), ("busy", 5))
    belt.write("Balance", (11, 1, 110), "busy", 6)


async def test_rows_that_change(blue: Belt, green: Belt) -> None:
    """As long as history reaches back, they are met in the state that they had."""
    balances(blue, progress=120)
    balances(green, progress=150)
    green.write("Balance", (12, 1, 140), "busy", 9)
    green.write("Balance", (13, 1, 141), "new", 1)
    state = await taken(blue, policy(1, depth=5))
    entity = await met(green, state, policy(1))
    assert (entity.basis, entity.later, counted(entity)) == (Basis.BY_STATE, "", [(None, 2, 2, True)])
    green.execute("UPDATE \"Balance\" SET amount = 2 WHERE id = 'idle'")
    assert counted(await met(green, state, policy(1))) == [(None, 2, 2, False)]


async def test_rows_that_changed_long_ago(blue: Belt, green: Belt) -> None:
    """When history does not reach back any more, they are counted as they are, and that is said."""
    balances(blue, progress=120)
    balances(green, progress=150)
    green.write("Balance", (12, 1, 140), "new", 9)
    green.execute("DELETE FROM envio_checkpoints WHERE block_number < 140")
    entity = await met(green, await taken(blue, policy(1, depth=5)), policy(1))
    assert "reaches back to block 139, not to 115" in entity.later
    assert counted(entity) == [(None, 2, 3, None)]


async def test_a_belt_that_cannot_be_read(blue: Belt) -> None:
    """Nothing is remembered of it, and why."""
    assert isinstance(await own_state.take(await world(blue, policy(1))), Unobserved)
    blue.seed(1, progress=5)
    young = await own_state.take(await world(blue, policy(1, depth=50)))
    assert isinstance(young, Unobserved)
    assert "lies below its start" in young.reason


IDLE = [f"idle-{number}" for number in range(40)]


def pruned_beside_its_writing(belt: Belt, key: str) -> None:
    """A row is written again while Envio prunes: what it was before goes, and nothing stands in for it."""
    belt.write("Balance", (20, 1, 140), key, 9)
    belt.execute(
        'DELETE FROM "envio_history_Balance" WHERE id = %s AND envio_checkpoint_id < 20',
        (key,),
    )
    belt.write("Balance", (21, 1, 141), "new", 1)
    belt.write("Balance", (22, 1, 142), "newer", 1)
    belt.at(150)


async def certified(belt: Belt) -> BeltState:
    """A belt with some rows that never change and one that does, as it is remembered."""
    balances(belt, progress=120)
    belt.fill("Balance", *((key, number) for number, key in enumerate(IDLE)))
    return await taken(belt, policy(1, depth=5))


async def test_a_row_whose_past_was_pruned(blue: Belt) -> None:
    """By its history it begins above the height, as a new one does; its key tells that it was there."""
    state = await certified(blue)
    pruned_beside_its_writing(blue, "busy")
    entity = await met(blue, state, policy(1), pruned=True)
    assert counted(entity) == [(None, 42, 42, None)]
    assert 1 <= entity.groups[0].past < 42
    told = unchanged(Held(entities=(entity,)))
    assert told.outcome is Outcome.PASSED
    assert "by their keys alone" in str(told)
    another = await met(blue, state, policy(1))
    assert counted(another) == [(None, 42, 41, False)], "another belt cannot have lost what this one held"


async def test_a_row_whose_past_was_pruned_before_it_went(blue: Belt) -> None:
    """Its history is that it was deleted, which names no chain: it was there on that of the checkpoint."""
    blue.seed(1, 10, progress=120)
    blue.entity("Holding", '"chainId" INTEGER NOT NULL, "amount" NUMERIC NOT NULL', history=True)
    blue.execute("INSERT INTO envio_checkpoints VALUES (10, 1, 100, NULL, 0), (11, 10, 100, NULL, 0)")
    rows = [(f"{chain}-{number}", chain, number) for chain in (1, 10) for number in range(20)]
    blue.fill("Holding", *rows)
    blue.write("Holding", (12, 10, 110), "10-7", 10, 8)
    state = await taken(blue, policy(1, 10, depth=5))
    blue.delete("Holding", (20, 10, 140), "10-7")
    blue.execute("DELETE FROM \"envio_history_Holding\" WHERE id = '10-7' AND envio_checkpoint_id < 20")
    blue.at(150)
    entity = await met(blue, state, policy(1, 10), pruned=True)
    assert counted(entity) == [("1", 20, 20, True), ("10", 20, 20, None)]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM \"Balance\" WHERE id = 'idle-7'",
        "UPDATE \"Balance\" SET id = 'strange' WHERE id = 'idle-7'",
        "INSERT INTO \"Balance\" VALUES ('strange', 1)",
    ],
    ids=["gone", "another-key", "one-more"],
)
async def test_more_than_a_past_is_gone(blue: Belt, statement: str) -> None:
    """A new row stands in for none that was there."""
    state = await certified(blue)
    pruned_beside_its_writing(blue, "busy")
    blue.execute(statement)
    told = unchanged(Held(entities=(await met(blue, state, policy(1), pruned=True),)))
    assert told.outcome is Outcome.FAILED


async def test_another_row_changed_beside_one_without_a_past(blue: Belt) -> None:
    """It is seen wherever its bucket has lost nothing; where it has, the words say of how many rows."""
    state = await certified(blue)
    pruned_beside_its_writing(blue, "busy")
    unseen = 0
    for number, key in enumerate(IDLE):
        blue.execute('UPDATE "Balance" SET amount = -1 WHERE id = %s', (key,))
        entity = await met(blue, state, policy(1), pruned=True)
        unseen += unchanged(Held(entities=(entity,))).outcome is Outcome.PASSED
        blue.execute('UPDATE "Balance" SET amount = %s WHERE id = %s', (number, key))
    entity = await met(blue, state, policy(1), pruned=True)
    assert unseen < entity.groups[0].past <= 1 + unseen + len(["idle"])


async def test_more_rows_begin_than_can_be_tried(blue: Belt) -> None:
    """Nobody can tell then which of them were there, which refutes no belt."""
    state = await certified(blue)
    pruned_beside_its_writing(blue, "busy")
    blue.write_all("Balance", (30, 1, 143), *((f"fresh-{number}", 1) for number in range(2_000)))
    told = unchanged(Held(entities=(await met(blue, state, policy(1), pruned=True),)))
    assert told.outcome is Outcome.COULD_NOT_TELL, str(told)
