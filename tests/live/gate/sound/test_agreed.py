"""Sums of both sides, in place of a join: they say what the join says, or nothing."""

import asyncio
from dataclasses import replace

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.outcome import Outcome
from gate.policy.model import Policy
from gate.probes.database.sound import agreed, joined, rows
from gate.probes.database.sound.joined import Joined, Sides
from tests.deep import examples, one_of_each
from tests.live.gate.content.belt import Belt
from tests.live.gate.sound.belt import event, make, spoil
from tests.live.gate.sound.seeking import TRANSFERS, found, says

pytestmark = pytest.mark.live

ROW = "WHERE id = '1-20-1'"
OTHER = "WHERE id = '10-33-0'"
CHANGES = {
    "a row is gone": f'DELETE FROM "Transfer" {ROW}',
    "an event is gone": "DELETE FROM raw_events WHERE chain_id = 10 AND block_number = 41 AND log_index = 0",
    "an event stands twice": """INSERT INTO raw_events SELECT chain_id, event_id, event_name, contract_name,
        block_number, log_index, src_address, block_hash, block_timestamp, block_fields, transaction_fields,
        params FROM raw_events WHERE chain_id = 1 AND block_number = 22""",
    "a row of nothing": f"""INSERT INTO "Transfer" SELECT '1-9-9', "chainId", "from_id", value, 9, timestamp
        FROM "Transfer" {ROW} ON CONFLICT DO NOTHING""",
    "another id": f"""UPDATE "Transfer" SET id = '1-20-7' {ROW}""",
    "an id in capitals": f"""UPDATE "Transfer" SET id = upper(id) {ROW}""",
    "another chain": f'UPDATE "Transfer" SET "chainId" = 10 {ROW}',
    "an earlier block": f'UPDATE "Transfer" SET "blockNumber" = "blockNumber" - 1 {OTHER}',
    "a later block": f'UPDATE "Transfer" SET "blockNumber" = "blockNumber" + 1 {OTHER}',
    "an earlier time": f"""UPDATE "Transfer" SET timestamp = timestamp - interval '0.4 s' {OTHER}""",
    "a later time": f"""UPDATE "Transfer" SET timestamp = timestamp + interval '7 s' {OTHER}""",
    "blocks of two rows swapped": """UPDATE "Transfer" SET "blockNumber" = CASE id WHEN '1-20-0' THEN 21
        ELSE 20 END WHERE id IN ('1-20-0', '1-21-0')""",
    "a block moved from one row to another": """UPDATE "Transfer" SET "blockNumber" = "blockNumber" + CASE id
        WHEN '1-30-0' THEN 1 ELSE -1 END WHERE id IN ('1-30-0', '1-40-0')""",
    "an event of another contract": """UPDATE raw_events SET contract_name = 'Other'
        WHERE chain_id = 1 AND block_number = 25 AND log_index = 1""",
    "an event above the progress": """UPDATE raw_events SET block_number = 1000
        WHERE chain_id = 1 AND block_number = 26 AND log_index = 1""",
}
WORDS = st.sets(st.sampled_from(sorted(CHANGES)), max_size=3)


class Watched:
    """How often sums were enough."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.enough: list[bool] = []
        self._on = True
        monkeypatch.setattr(rows, "agreed", self)

    async def __call__(self, sides: Sides) -> Joined | None:
        seen = await agreed.agreed(sides) if self._on else None
        self.enough.append(seen is not None)
        if seen is not None:
            # Where nothing is wrong, a join names a first and a last row that is: none.
            assert seen == replace(await joined.joined(sides), lost_rows=(), misplaced_rows=())
        return seen

    async def both(self, belt: Belt, policy: Policy) -> tuple[tuple[Outcome, str], tuple[Outcome, str]]:
        """What is said of rows with sums and a join, and by the join alone."""
        self._on = True
        first = (await found(belt, policy))["rows"]
        self._on = False
        return first, (await found(belt, policy))["rows"]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(monkeypatch)


async def test_a_belt_that_is_right(green: Belt, watched: Watched) -> None:
    """No join is made, and what is said is the same."""
    with_sums, by_join = await watched.both(make(green), says())
    assert with_sums == by_join
    assert with_sums[0] is Outcome.PASSED
    assert watched.enough == [True, False]


async def test_events_that_are_not_indexed_yet(green: Belt, watched: Watched) -> None:
    """Above the progress they have no row, and count on neither side."""
    event(make(green), 1, 140, 0)
    with_sums, by_join = await watched.both(green, says())
    assert with_sums == by_join
    assert watched.enough[0]


@pytest.mark.parametrize("change", one_of_each(CHANGES, of=lambda change: change.split()[1]))
async def test_one_change(green: Belt, watched: Watched, change: str) -> None:
    """Whatever differs is left to the join; an id in capitals is the same id."""
    spoil(make(green), CHANGES[change])
    with_sums, by_join = await watched.both(green, says())
    assert with_sums == by_join
    assert watched.enough[0] is (change == "an id in capitals")


@pytest.mark.long
def test_any_changes(green: Belt, watched: Watched) -> None:
    """However many at once, they never hide each other."""
    make(green)

    @settings(max_examples=examples(40), suppress_health_check=list(HealthCheck))
    @given(changes=WORDS)
    def same(changes: set[str]) -> None:
        spoil(
            green,
            'CREATE TABLE kept_rows AS TABLE "Transfer"',
            "CREATE TABLE kept_events AS TABLE raw_events",
        )
        try:
            for change in sorted(changes):
                try:
                    spoil(green, CHANGES[change])
                except psycopg.errors.UniqueViolation:
                    continue
            with_sums, by_join = asyncio.run(watched.both(green, says()))
            assert with_sums == by_join
        finally:
            spoil(
                green,
                'TRUNCATE "Transfer", raw_events',
                'INSERT INTO "Transfer" TABLE kept_rows',
                "INSERT INTO raw_events TABLE kept_events",
                "DROP TABLE kept_rows, kept_events",
            )

    same()


async def test_only_one_chain_is_spoken_of(green: Belt, watched: Watched) -> None:
    """Rows of other chains have events of which nobody knows: only the join leaves them out."""
    mapping = replace(TRANSFERS, chains=(1,))
    with_sums, by_join = await watched.both(make(green), says(mappings=(mapping,)))
    assert with_sums == by_join
    assert not any(watched.enough)
