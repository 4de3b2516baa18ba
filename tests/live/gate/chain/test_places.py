"""A row's own chain, block, log index and time are those of its log, and its blocks are the chain's."""

from typing import Any

import pytest

from gate.outcome import Outcome
from gate.policy.place import PlacePolicy
from tests.live.gate.chain.chains import Anvil, promise, seen, window
from tests.live.gate.chain.test_beginnings import judged
from tests.live.gate.content.belt import Belt

pytestmark = pytest.mark.live


@pytest.fixture
def golden(anvil: Anvil) -> tuple[str, int]:
    [log] = anvil.ask("eth_getLogs", {"address": anvil.contract, "fromBlock": hex(30), "toBlock": hex(30)})
    return log["transactionHash"], 0


def time_of(anvil: Anvil, block: int) -> int:
    return int(anvil.ask("eth_getBlockByNumber", hex(block), False)["timestamp"], 16)


@pytest.fixture
def placed(candidate: Belt, anvil: Anvil) -> Belt:
    """A candidate whose rows hold the log's index and its time, too."""
    candidate.execute('ALTER TABLE "Payment" ADD COLUMN "logIndex" INTEGER, ADD COLUMN "timestamp" INTEGER')
    for block in (2, 3, 4, 30):
        candidate.execute(
            'UPDATE "Payment" SET "logIndex" = 0, "timestamp" = %s WHERE block = %s',
            (time_of(anvil, block), block),
        )
    return candidate


async def test_all_of_it_is_compared(placed: Belt, anvil: Anvil, golden: tuple[str, int]) -> None:
    contract = await seen(placed, promise(anvil, golden), anvil.url)
    assert contract.compared == ("amount", "block", "chain_id", "logIndex", "timestamp")
    assert (window(contract).wrong, window(contract).missing, contract.goldens[0].wrong) == ((), (), ())


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ('"chain_id" = 10', "chain_id"),
        ('"block" = 29', "block"),
        ('"logIndex" = 1', "logIndex"),
        ('"timestamp" = "timestamp" + 1', "timestamp"),
        ('"timestamp" = NULL', "timestamp"),
    ],
)
async def test_a_row_of_another_place(
    placed: Belt, anvil: Anvil, golden: tuple[str, int], change: str, column: str
) -> None:
    """The key and every argument are right, and the row says that it is of somewhere else."""
    placed.execute(f'UPDATE "Payment" SET {change} WHERE block = 30')
    contract = await seen(placed, promise(anvil, golden), anvil.url)
    [wrong] = window(contract).wrong
    assert wrong.startswith(f"{anvil.chain}_30_0: {column} is ")
    assert [value.column for value in contract.goldens[0].wrong] == [column]


async def test_milliseconds_and_moments(placed: Belt, anvil: Anvil) -> None:
    """A time is the same time in milliseconds and as a moment."""
    placed.execute('ALTER TABLE "Payment" ALTER "timestamp" TYPE NUMERIC USING "timestamp" * 1000::numeric')
    assert window(await seen(placed, promise(anvil), anvil.url)).wrong == ()
    placed.execute(
        'ALTER TABLE "Payment" ALTER "timestamp" TYPE TIMESTAMPTZ USING to_timestamp("timestamp" / 1000)'
    )
    assert window(await seen(placed, promise(anvil), anvil.url)).wrong == ()
    placed.execute('UPDATE "Payment" SET "timestamp" = "timestamp" + interval \'1 hour\' WHERE block = 3')
    assert len(window(await seen(placed, promise(anvil), anvil.url)).wrong) == 1


async def test_a_column_that_is_only_called_so(placed: Belt, anvil: Anvil) -> None:
    """The policy says that a column holds something else, or which one holds it."""
    placed.execute('UPDATE "Payment" SET "timestamp" = 7')
    left_out = promise(anvil, place=PlacePolicy(time="none"))
    assert window(await seen(placed, left_out, anvil.url)).wrong == ()
    argument = promise(anvil, columns=(("amount", "timestamp"),))
    assert window(await seen(placed, argument, anvil.url)).wrong == ()
    named = promise(anvil, place=PlacePolicy(time="none", log_index="chain_id"))
    assert len(window(await seen(placed, named, anvil.url)).wrong) == 4


async def test_two_chains_that_were_swapped(candidate: Belt, anvil: Anvil) -> None:
    """With keys that name no chain every row is there, and belongs to the other chain."""
    key: dict[str, Any] = {"row_id": "{blockNumber}_{logIndex}"}
    candidate.execute("UPDATE \"Payment\" SET id = block || '_0'")
    assert window(await seen(candidate, promise(anvil, **key), anvil.url)).wrong == ()
    candidate.execute('UPDATE "Payment" SET chain_id = 10')
    assert len(window(await seen(candidate, promise(anvil, **key), anvil.url)).wrong) == 4


async def test_rows_that_name_no_chain(candidate: Belt, anvil: Anvil) -> None:
    """Then the blocks that the events were received from say it: not one of them is the chain's."""
    candidate.execute('ALTER TABLE "Payment" DROP COLUMN chain_id')
    told = (await judged(candidate, promise(anvil), anvil.url))["blocks"]
    assert [point.outcome for point in told] == [Outcome.PASSED]
    assert "4 blocks have the chain's own hashes" in told[0].observed
    candidate.execute("UPDATE raw_events SET block_hash = '0x' || md5(block_number::text) || md5('x')")
    told = (await judged(candidate, promise(anvil), anvil.url))["blocks"]
    assert [point.outcome for point in told] == [Outcome.FAILED]
    assert "4 of 4 blocks of raw events are not its own" in told[0].observed


async def test_blocks_that_nothing_is_known_of(candidate: Belt, anvil: Anvil) -> None:
    """Without checkpoints and raw events nothing was compared, and the line says so."""
    candidate.execute("DELETE FROM raw_events")
    told = (await judged(candidate, promise(anvil), anvil.url))["blocks"]
    assert [point.outcome for point in told] == [Outcome.COULD_NOT_TELL]
    assert "remembers no block's hash" in told[0].observed


async def test_one_block_that_was_undone(candidate: Belt, anvil: Anvil) -> None:
    """A reorganisation leaves an event behind, and is held against nobody."""
    candidate.execute("UPDATE raw_events SET block_hash = %s WHERE block_number = 3", ("0x" + "ab" * 32,))
    told = (await judged(candidate, promise(anvil), anvil.url))["blocks"]
    assert [point.outcome for point in told] == [Outcome.PASSED]
    assert "1 more were undone" in told[0].observed
