"""Belts that are right and look odd: none of them is refused."""

from typing import Any

import pytest

from gate.outcome import Outcome
from gate.policy.model import Policy
from gate.policy.sound import Allowed, Mapping, Reference
from tests.live.gate.content.belt import Belt
from tests.live.gate.sound.belt import event, make, spoil
from tests.live.gate.sound.seeking import PLACED, Chain, found, hashed, says

pytestmark = pytest.mark.live

PASSED, FAILED, UNTOLD = Outcome.PASSED, Outcome.FAILED, Outcome.COULD_NOT_TELL
KEPT = (
    "chain_id, event_id, event_name, contract_name, block_number, log_index, src_address, block_hash,"
    " block_timestamp, block_fields, transaction_fields, params"
)
AGAIN = (
    f"INSERT INTO raw_events ({KEPT}) SELECT {KEPT} FROM raw_events"
    " WHERE chain_id = 10 AND block_number > 50 ORDER BY serial"
)
DANGLING = """DELETE FROM "Account" WHERE id LIKE '%-0x1'"""


async def outcomes(belt: Belt, policy: Policy | None = None, **how: Any) -> dict[str, Outcome]:
    parts = await found(belt, policy or says(), **how)
    return {name: outcome for name, (outcome, _) in parts.items()}


def all_passed(**others: Outcome) -> dict[str, Outcome]:
    return dict.fromkeys(("events", "rows", "bounds", "history", "references"), PASSED) | others


async def test_no_raw_events(green: Belt) -> None:
    """Nobody can tell of events, and everything else holds."""
    spoil(make(green), "DELETE FROM raw_events")
    parts = await found(green, says())
    assert {name: outcome for name, (outcome, _) in parts.items()} == all_passed(events=UNTOLD, rows=UNTOLD)
    assert "keeps no raw events" in parts["events"][1]


async def test_raw_events_of_one_chain_only(green: Belt) -> None:
    """A belt that keeps raw events keeps those of all chains."""
    spoil(make(green), "DELETE FROM raw_events WHERE chain_id = 10")
    assert (await outcomes(green))["events"] is FAILED


async def test_no_history(green: Belt) -> None:
    """A belt that cannot undo blocks has nothing to contradict its rows, and that is said."""
    make(green, history=False)
    parts = await found(green, says())
    assert {name: outcome for name, (outcome, _) in parts.items()} == all_passed()
    assert "there is nothing to contradict: the belt keeps no history" in parts["history"][1]


async def test_no_entity(green: Belt) -> None:
    """A belt without entities, and without an event so far."""
    green.seed(1, 10, progress=100)
    parts = await found(green, says(mappings=()))
    assert {name: outcome for name, (outcome, _) in parts.items()} == all_passed()
    assert "the belt has no entity" in parts["bounds"][1]


async def test_an_undone_block(green: Belt) -> None:
    """What the chain has undone is no event any more, whether its block has others now or none."""
    make(green)
    event(green, 1, 30, 0, hash_=hashed(30, "old"))
    event(green, 1, 30, 5, hash_=hashed(30, "old"))
    event(green, 10, 75, 0, hash_=hashed(75, "old"))
    chain = Chain()
    parts = await found(green, says(), chain=chain)
    assert {name: outcome for name, (outcome, _) in parts.items()} == all_passed()
    assert "events of 2 blocks that the chain has undone are left out" in parts["events"][1]


async def test_a_chain_that_says_nothing(green: Belt) -> None:
    """Where nobody tells an undone block from an invented one, it could not be told."""
    make(green)
    event(green, 10, 75, 0, hash_=hashed(75, "old"))
    parts = await found(green, says(), chain=Chain(silent=True))
    assert parts["events"][0] is UNTOLD
    assert "whether some are of undone blocks is not known: chain 10 says nothing" in parts["events"][1]
    assert parts["bounds"][0] is PASSED


async def test_blocks_that_were_indexed_again(green: Belt) -> None:
    """A reorganisation of one chain takes others back too: their events stand twice, in their old blocks."""
    spoil(make(green), AGAIN)
    assert await outcomes(green) == all_passed()


async def test_amid_a_rollback(green: Belt) -> None:
    """Progress and counters are back, and the events above wait to be indexed again."""
    spoil(
        make(green),
        "UPDATE envio_chains SET progress_block = 50, events_processed = 82 WHERE id = 10",
        'DELETE FROM "Transfer" WHERE "chainId" = 10 AND "blockNumber" > 50',
        'DELETE FROM "envio_history_Transfer" WHERE "chainId" = 10',
        "DELETE FROM envio_checkpoints WHERE chain_id = 10",
    )
    assert await outcomes(green) == all_passed()


async def test_block_handlers(green: Belt) -> None:
    """They count as events: undeclared that is refused, declared it could not be told."""
    spoil(make(green), "UPDATE envio_chains SET events_processed = events_processed + 7")
    assert (await outcomes(green))["events"] is FAILED
    parts = await found(green, says(block_handlers="prices each hour"))
    assert parts["events"][0] is UNTOLD
    assert "107 events were counted, 100 were received: block handlers count as events" in parts["events"][1]


async def test_handlers_that_skip_and_rows_of_their_own(green: Belt) -> None:
    """What a mapping allows with a reason passes, listed."""
    spoil(
        make(green),
        """DELETE FROM "Transfer" WHERE id IN ('1-20-1', '1-21-1')""",
        """UPDATE "Transfer" SET id = 'genesis' WHERE id = '1-22-1'""",
    )
    assert (await outcomes(green))["rows"] is FAILED
    mapping = Mapping(
        entity="Transfer",
        contract="Token",
        event="Transfer",
        row_id=PLACED,
        skips="dust is left out",
        no_event="one is from before",
    )
    parts = await found(green, says(mappings=(mapping,)))
    assert parts["rows"][0] is PASSED
    assert "3 of 200 events Token.Transfer have no row of Transfer: dust is left out" in parts["rows"][1]
    assert "1 of 198 rows of Transfer has no event: one is from before" in parts["rows"][1]


async def test_an_aggregate_of_many_events(green: Belt) -> None:
    """Many events make one row, whose id is formed of what they hold, however addresses are spelt."""
    make(green)
    spoil(green, """UPDATE raw_events SET params = jsonb_build_object('from', upper(params ->> 'from'))""")
    owners = Mapping(entity="Account", contract="Token", event="Transfer", row_id="{chainId}-{from}")
    parts = await found(green, says(mappings=(owners,)))
    assert parts["rows"][0] is PASSED
    assert "every event Token.Transfer has its row of Account: 200 rows" in parts["rows"][1]
    assert "every row of Account has its event: 4 rows" in parts["rows"][1]


async def test_an_event_that_does_not_say_it(green: Belt) -> None:
    """An argument that the event does not have is a mistake of the policy, and no missing row."""
    make(green)
    owners = Mapping(entity="Account", contract="Token", event="Transfer", row_id="{chainId}-{owner}")
    parts = await found(green, says(mappings=(owners,)))
    assert parts["rows"][0] is UNTOLD
    assert (
        "200 events Token.Transfer do not say what `rowId` {chainId}-{owner} is formed of" in parts["rows"][1]
    )


async def test_a_reference_that_may_dangle(green: Belt) -> None:
    """Declared, it passes and is listed."""
    spoil(make(green, history=False), DANGLING)
    allowed = Allowed(entity="Transfer", column="from_id", reason="holders without points have no account")
    parts = await found(green, says(may_dangle=(allowed,)))
    assert parts["references"][0] is PASSED
    assert "holders without points have no account" in parts["references"][1]


async def test_a_reference_that_only_the_schema_shows(green: Belt, blue: Belt) -> None:
    """It refuses where the serving belt keeps it; else nobody can tell which it is."""
    spoil(make(green), DANGLING)
    assert (await outcomes(green))["references"] is UNTOLD
    make(blue)
    assert (await outcomes(green, serving=blue))["references"] is FAILED
    spoil(blue, DANGLING)
    assert (await outcomes(green, serving=blue))["references"] is UNTOLD


async def test_a_reference_that_is_null(green: Belt) -> None:
    """Nothing refers to nothing."""
    spoil(make(green, history=False), 'ALTER TABLE "Transfer" ALTER from_id DROP NOT NULL')
    spoil(green, 'UPDATE "Transfer" SET from_id = NULL')
    parts = await found(
        green, says(references=(Reference(entity="Transfer", column="from_id", to="Account"),))
    )
    assert parts["references"][0] is PASSED


async def test_a_mapping_that_nobody_declares(green: Belt, blue: Belt) -> None:
    """Read off the ids, it is used where it holds on the serving belt, and noted where nobody serves."""
    make(green)
    parts = await found(green, says(mappings=()))
    assert parts["rows"][0] is PASSED
    assert "every event Token.Transfer was found to make a row of Transfer" in parts["rows"][1]
    spoil(green, """DELETE FROM "Transfer" WHERE id = '1-20-1'""")
    assert (await outcomes(green, says(mappings=())))["rows"] is PASSED
    assert (await outcomes(green, says(mappings=()), serving=make(blue)))["rows"] is FAILED
    spoil(blue, """DELETE FROM "Transfer" WHERE id = '1-33-0'""")
    assert (await outcomes(green, says(mappings=()), serving=blue))["rows"] is PASSED


@pytest.mark.parametrize("parts_of_a_second", [1, 1_000, 1_000_000])
async def test_times_as_numbers(green: Belt, parts_of_a_second: int) -> None:
    """Seconds, milliseconds and microseconds are told apart by what most rows hold."""
    make(green)
    green.entity("Tick", '"chainId" INTEGER, "timestamp" NUMERIC')
    spoil(
        green,
        f"""INSERT INTO "Tick" SELECT id, "chainId", extract(epoch FROM "timestamp") * {parts_of_a_second}"""
        ' FROM "Transfer"',
    )
    assert await outcomes(green) == all_passed()
    spoil(green, """UPDATE "Tick" SET "timestamp" = "timestamp" * 1.01 WHERE id = '1-20-1'""")
    assert (await outcomes(green))["bounds"] is FAILED


async def test_dates_of_the_future(green: Belt) -> None:
    """When something ends is no block's time; a column of that name has to be declared."""
    make(green)
    green.entity("Lock", '"chainId" INTEGER, "unlocksAt" TIMESTAMPTZ, "timestamp" TIMESTAMPTZ')
    spoil(green, """INSERT INTO "Lock" VALUES ('a', 1, now() + '9 years', '2020-01-01')""")
    assert await outcomes(green) == all_passed()
    spoil(green, """UPDATE "Lock" SET "timestamp" = now() + '9 years'""")
    assert (await outcomes(green))["bounds"] is FAILED
    meant = Allowed(entity="Lock", column="timestamp", reason="it is when the lock ends")
    assert (await outcomes(green, says(may_exceed=(meant,))))["bounds"] is PASSED


async def test_rows_without_chain_block_or_time(green: Belt) -> None:
    """What says no place is named, and what is NULL says nothing."""
    make(green)
    green.entity("Note", '"text" TEXT')
    green.entity("Odd", '"chainId" INTEGER, "blockNumber" INTEGER, "timestamp" TIMESTAMPTZ')
    spoil(green, """INSERT INTO "Note" VALUES ('a', 'x')""", """INSERT INTO "Odd" VALUES ('a')""")
    parts = await found(green, says())
    assert {name: outcome for name, (outcome, _) in parts.items()} == all_passed()
    assert "say no chain, block or time: Note" in parts["bounds"][1]


async def test_a_belt_before_its_first_block(green: Belt) -> None:
    """A chain that has committed nothing has nothing to be wrong."""
    make(green)
    spoil(green, "INSERT INTO envio_chains SELECT 8453, 500, NULL, 200, 0, 0, NULL, NULL, 0, false, -1, 0")
    assert await outcomes(green) == all_passed()
