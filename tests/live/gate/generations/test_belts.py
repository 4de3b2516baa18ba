"""One belt of each generation: what it says of itself is read, and what contradicts itself in it is found."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from gate.endpoints import Side
from gate.observations.enums import EnumsSeen
from gate.observations.holdings import Holdings
from gate.observations.rows import EntityAbsent, EntityRows, EntityUnread
from gate.outcome import Outcome
from gate.policy.sound import Reference
from gate.probes.database import enums, holdings
from gate.probes.world import World
from gate.secret import Secret
from tests.live.gate.content.belt import NOW, Belt, compare, policy
from tests.live.gate.generations.belt import CHAINS, ENTITIES, make
from tests.live.gate.generations.generation import (
    GENERATIONS,
    NEWEST,
    OLDEST,
    SNAKE,
    THREE,
    Generation,
)
from tests.live.gate.generations.test_pairs import compared
from tests.live.gate.sound.seeking import Chain, found, says
from tests.unit.gate.core.builders import endpoints

pytestmark = pytest.mark.live

IN_SHORT = (OLDEST, SNAKE, NEWEST)
EACH = [
    pytest.param(one, id=str(one), marks=() if one in IN_SHORT else pytest.mark.deep) for one in GENERATIONS
]


@pytest.mark.parametrize("kind", EACH)
async def test_what_contradicts_itself(kind: Generation, green: Belt) -> None:
    """Rows, their events, their newest history and what they refer to, on both chains."""
    make(green, kind, shared=True)
    chain, block = kind.spelt("chainId"), kind.spelt("blockNumber")
    to = (Reference(entity="Transfer", column="from_id", to="Account"),)
    parts = await found(green, says(references=to))
    assert not [told for told in parts.values() if told[0] is not Outcome.PASSED]
    for part, table, statement in (
        ("rows", "Transfer", f'DELETE FROM "Transfer" WHERE "{block}" = 20 AND "{chain}" = 10'),
        ("history", "Account", f'UPDATE "Account" SET balance = 0 WHERE "{chain}" = 10'),
        ("history", "Lot", f'DELETE FROM "Lot" WHERE seen = 1 AND "{chain}" = 1'),
        ("references", "Account", f'DELETE FROM "Account" WHERE id LIKE \'%a1\' AND "{chain}" = 10'),
        ("bounds", "Transfer", f'UPDATE "Transfer" SET "{block}" = 900 WHERE "{block}" = 20'),
    ):
        green.execute(f'CREATE TABLE kept AS TABLE "{table}"')
        green.execute(statement)
        outcome, words = (await found(green, says(references=to)))[part]
        assert outcome is Outcome.FAILED, (part, statement, words)
        green.execute(f'TRUNCATE "{table}"')
        green.execute(f'INSERT INTO "{table}" TABLE kept')
        green.execute("DROP TABLE kept")


@pytest.mark.parametrize("kind", EACH)
async def test_raw_events_after_a_reorganisation(kind: Generation, green: Belt) -> None:
    """Those of undone blocks stay, and those that came after them stand twice: neither is wrong."""
    make(green, kind)
    green.execute("UPDATE raw_events SET serial = -serial WHERE chain_id = 1 AND block_number > 55")
    green.execute("UPDATE raw_events SET serial = serial + 1000 WHERE serial > 0")
    green.execute(
        "INSERT INTO raw_events SELECT chain_id, event_id, event_name, contract_name, block_number,"
        " log_index, src_address, CASE WHEN block_number < 58 THEN block_hash || 'old' ELSE block_hash END,"
        " block_timestamp, block_fields, transaction_fields, params, block_number"
        " FROM raw_events WHERE chain_id = 1 AND block_number > 55"
    )
    green.execute("UPDATE raw_events SET serial = 5000 + block_number WHERE serial < 0")
    parts = await found(green, says(), chain=Chain())
    assert not [told for told in parts.values() if told[0] is not Outcome.PASSED]


async def test_what_is_kept_elsewhere(blue: Belt, green: Belt) -> None:
    """An entity that the serving belt keeps where nobody can look, and the candidate nowhere, is lost."""
    for belt in (make(blue, THREE), make(green, THREE)):
        assert compared(await compare(belt, belt, policy(*CHAINS)))
    kept = {"name": "Swap", "properties": [{"name": "id"}], "storage": {"clickhouse": True}}
    blue.execute("UPDATE envio_info SET config = %s", (json.dumps({"entities": [kept]}),))
    assert EntityAbsent(entity="Swap") in (await compare(blue, green, policy(*CHAINS))).entities
    green.execute("UPDATE envio_info SET config = %s", (json.dumps({"entities": [kept]}),))
    assert compared(await compare(blue, green, policy(*CHAINS))).keys() == ENTITIES.keys()
    green.execute("UPDATE envio_info SET config = 'no JSON'")
    unread = [one for one in (await compare(blue, green, policy(*CHAINS))).entities if _is_unread(one)]
    assert [one.entity for one in unread] == ["envio_info"]


async def test_what_a_belt_holds(green: Belt) -> None:
    """Its own entities and enums, and by name what is kept elsewhere; nothing that Envio keeps for itself."""
    make(green, OLDEST)
    async with looking_at(green) as world:
        seen = await enums.look(world, Side.CANDIDATE)
        assert isinstance(seen, EnumsSeen)
        assert seen.types == (("accountkind", ("PLAIN", "CONTRACT")),)
    green.execute("DROP SCHEMA public CASCADE")
    green.execute("CREATE SCHEMA public")
    make(green, NEWEST)
    kept = {"name": "Swap", "properties": [{"name": "id"}], "storage": {"clickhouse": {"ttl": "1 day"}}}
    green.execute("UPDATE envio_info SET config = %s", (json.dumps({"entities": [kept]}),))
    async with looking_at(green) as world:
        held = await holdings.look(world)
    assert isinstance(held, Holdings)
    assert {one.entity: bool(one.unseen) for one in held.entities} == {
        **dict.fromkeys(ENTITIES, False),
        "Swap in ClickHouse": True,
    }


@asynccontextmanager
async def looking_at(belt: Belt) -> AsyncIterator[World]:
    """What a probe is given to look at a candidate's database."""
    doors = endpoints()
    candidate = replace(doors.candidate, database=Secret(belt.dsn))
    async with httpx.AsyncClient() as http:
        yield World(
            endpoints=replace(doors, candidate=candidate),
            policy=policy(*CHAINS),
            http=http,
            seed=1,
            began=NOW,
            ends=time.monotonic() + 30,
        )


async def test_an_entity_that_cannot_be_read(blue: Belt, green: Belt) -> None:
    """A history without its checkpoint, and a table that fails, take no other entity with them."""
    make(blue, OLDEST), make(green, THREE)
    blue.execute('ALTER TABLE "envio_history_Account" RENAME checkpoint_id TO strange')
    green.execute('ALTER TABLE "envio_history_ChainActivity" RENAME id TO other')
    rows = await compare(blue, green, policy(*CHAINS))
    assert {one.entity for one in rows.entities if _is_unread(one)} == {"Account", "ChainActivity"}
    read = [one for one in rows.entities if isinstance(one, EntityRows)]
    assert {one.entity: one.totals.unequal for one in read} == {"Transfer": 0, "Lot": 0}


def _is_unread(one: object) -> bool:
    return isinstance(one, EntityUnread)
