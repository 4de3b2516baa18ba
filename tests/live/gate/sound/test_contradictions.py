"""Every contradiction that we know of, in a belt that was sound: alone, and shared with the serving belt."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from gate.outcome import Outcome
from gate.policy.sound import Reference
from tests.live.gate.content.belt import Belt
from tests.live.gate.sound.belt import event, make, spoil
from tests.live.gate.sound.seeking import found, says

pytestmark = pytest.mark.live

FROM = Reference(entity="Transfer", column="from_id", to="Account")
POLICY = says(references=(FROM,))


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """What is done to a sound belt, the part that sees it, and what is said."""

    name: str
    part: str
    said: str
    make: Callable[[Belt], object]


def sqls(*statements: str) -> Callable[[Belt], object]:
    return lambda belt: spoil(belt, *statements)


CONTRADICTIONS = (
    Contradiction(
        name="a raw event deleted",
        part="events",
        said="chain 1: 100 events were counted, 99 were received",
        make=sqls("DELETE FROM raw_events WHERE chain_id = 1 AND block_number = 20 AND log_index = 1"),
    ),
    Contradiction(
        name="a row deleted with its raw event",
        part="events",
        said="chain 10: 100 events were counted, 99 were received",
        make=sqls(
            "DELETE FROM raw_events WHERE chain_id = 10 AND block_number = 20 AND log_index = 1",
            """DELETE FROM "Transfer" WHERE id = '10-20-1'""",
        ),
    ),
    Contradiction(
        name="an extra raw event",
        part="events",
        said="chain 1: 100 events were counted, 101 were received",
        make=lambda belt: event(belt, 1, 22, 7),
    ),
    Contradiction(
        name="a counter that was changed",
        part="events",
        said="chain 10: 103 events were counted, 100 were received",
        make=sqls("UPDATE envio_chains SET events_processed = 103 WHERE id = 10"),
    ),
    Contradiction(
        name="a raw event above the progress, in a block that is not there",
        part="events",
        said="chain 1 does not have 1 block of which there are events",
        make=lambda belt: event(belt, 1, 20_000, 0),
    ),
    Contradiction(
        name="a raw event that stands twice",
        part="events",
        said="1 event of chain 1 stands twice, and no rollback is why",
        make=lambda belt: event(belt, 1, 20, 1),
    ),
    Contradiction(
        name="raw events of a chain that the belt has not",
        part="events",
        said="1 raw event is of chain 5, which the belt does not index",
        make=lambda belt: event(belt, 5, 20, 1),
    ),
    Contradiction(
        name="an event moved to another block",
        part="events",
        said="block 57 of chain 1: 2 events were counted, 1 is there",
        make=sqls(
            "UPDATE raw_events SET block_number = 50 WHERE chain_id = 1 AND block_number = 57"
            " AND log_index = 1"
        ),
    ),
    Contradiction(
        name="a row deleted, the event kept",
        part="rows",
        said="1 of 200 events Token.Transfer has no row of Transfer\nTransfer 1-20-1: log 1 of block 20",
        make=sqls("""DELETE FROM "Transfer" WHERE id = '1-20-1'"""),
    ),
    Contradiction(
        name="a row without an event",
        part="rows",
        said="1 of 201 rows of Transfer has no event\nTransfer 1-20-9",
        make=sqls(
            'INSERT INTO "Transfer" SELECT \'1-20-9\', "chainId", from_id, value, "blockNumber", "timestamp"'
            """ FROM "Transfer" WHERE id = '1-20-1'"""
        ),
    ),
    Contradiction(
        name="a row that stands twice",
        part="rows",
        said="Transfer 1-20-1-twin",
        make=sqls(
            'INSERT INTO "Transfer" SELECT id || \'-twin\', "chainId", from_id, value, "blockNumber",'
            """ "timestamp" FROM "Transfer" WHERE id = '1-20-1'"""
        ),
    ),
    Contradiction(
        name="a row under the other chain",
        part="rows",
        said="1 of 200 rows of Transfer is of another chain than its event, or from before it",
        make=sqls("""UPDATE "Transfer" SET "chainId" = 10 WHERE id = '1-20-1'"""),
    ),
    Contradiction(
        name="a row from before its event",
        part="rows",
        said="is of another chain than its event, or from before it\nTransfer 1-20-1",
        make=sqls("""UPDATE "Transfer" SET "blockNumber" = 11 WHERE id = '1-20-1'"""),
    ),
    Contradiction(
        name="a row above the progress",
        part="bounds",
        said="1 of 200 rows of Transfer is above the belt's own progress\nTransfer 1-20-1",
        make=sqls("""UPDATE "Transfer" SET "blockNumber" = 101 WHERE id = '1-20-1'"""),
    ),
    Contradiction(
        name="a row of the future",
        part="bounds",
        said="1 of 200 rows of Transfer is younger than the belt's newest block",
        make=sqls("""UPDATE "Transfer" SET "timestamp" = "timestamp" + '1 day' WHERE id = '1-20-1'"""),
    ),
    Contradiction(
        name="a row at infinity",
        part="bounds",
        said="1 of 200 rows of Transfer is younger than the belt's newest block",
        make=sqls("""UPDATE "Transfer" SET "timestamp" = 'infinity' WHERE id = '1-20-1'"""),
    ),
    Contradiction(
        name="a row of a chain that the belt has not",
        part="bounds",
        said="1 of 4 rows of Account is of a chain that the belt does not index\nAccount 1-0x1",
        make=sqls("""UPDATE "Account" SET "chainId" = 8453 WHERE id = '1-0x1'"""),
    ),
    Contradiction(
        name="a row below the start",
        part="bounds",
        said="10 of 200 rows of Transfer are below the chain's start",
        make=sqls("UPDATE envio_chains SET start_block = 15 WHERE id = 10"),
    ),
    Contradiction(
        name="a row that its history knows otherwise",
        part="history",
        said="1 row of Transfer is not what its newest history says\nTransfer 1-57-1",
        make=sqls("""UPDATE "Transfer" SET value = value + 1 WHERE id = '1-57-1'"""),
    ),
    Contradiction(
        name="a NULL where the history has a value",
        part="history",
        said="1 row of Account is not what its newest history says",
        make=sqls("""UPDATE "Account" SET balance = 0 WHERE id = '1-0x1'"""),
    ),
    Contradiction(
        name="a row gone that lives by its history",
        part="history",
        said="1 row of Transfer is gone, and its newest history says that it lives\nTransfer 1-57-1",
        make=sqls("""DELETE FROM "Transfer" WHERE id = '1-57-1'"""),
    ),
    Contradiction(
        name="a row that was deleted by its history",
        part="history",
        said="1 row of Transfer is there, and its newest history says that it was deleted",
        make=sqls("""UPDATE "envio_history_Transfer" SET envio_change = 'DELETE' WHERE id = '1-57-1'"""),
    ),
    Contradiction(
        name="a reference to nothing",
        part="references",
        said="100 of 200 references Transfer.from_id lead to no row of Account, as 1-0x1",
        make=sqls("""DELETE FROM "Account" WHERE id LIKE '%-0x1'"""),
    ),
)


@pytest.fixture
def sound(green: Belt) -> Belt:
    return make(green)


async def test_a_sound_belt(sound: Belt) -> None:
    """What all of this is about holds without it, and says over how many rows."""
    parts = await found(sound, POLICY)
    assert {name: outcome for name, (outcome, _) in parts.items()} == dict.fromkeys(
        ("events", "rows", "bounds", "history", "references"), Outcome.PASSED
    )
    assert "every event Token.Transfer has its row of Transfer: 200 rows" in parts["rows"][1]
    assert "Transfer.from_id leads to a row of Account: 200 rows" in parts["references"][1]


@pytest.mark.parametrize("case", CONTRADICTIONS, ids=lambda case: case.name.replace(" ", "-"))
@pytest.mark.parametrize("shared", [False, True], ids=["alone", "shared"])
async def test_contradiction(case: Contradiction, shared: bool, sound: Belt, blue: Belt) -> None:
    """It fails where nobody serves, and where the serving belt has the very same."""
    case.make(sound)
    if shared:
        case.make(make(blue))
    parts = await found(sound, POLICY, serving=blue if shared else None)
    outcome, words = parts[case.part]
    assert outcome is Outcome.FAILED, parts
    assert case.said in words
