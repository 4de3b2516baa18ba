"""Tables of every shape are read, and what contradicts itself in them is found."""

import time
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

from gate.outcome import Outcome
from gate.policy.sound import Reference
from tests.live.gate.content.belt import Belt
from tests.live.gate.sound.belt import make, spoil
from tests.live.gate.sound.seeking import found, says

pytestmark = pytest.mark.live

PASSED, FAILED = Outcome.PASSED, Outcome.FAILED
CHANGE = '"envio_checkpoint_id" BIGINT, "envio_change" envio_history_change'


async def parts_of(belt: Belt, **sound: Any) -> dict[str, tuple[Outcome, str]]:
    return await found(belt, says(**sound))


async def test_every_type_in_history(green: Belt) -> None:
    """Enums, JSON without an equality, arrays, bytes, NaN and NULL are the same as they were, or not."""
    make(green)
    columns = (
        "kind kind, doc json, docs jsonb, tags text[], raw bytea, number float8, big numeric, flag boolean,"
        ' day date, "a ""quoted"" 100% name" text'
    )
    spoil(green, "CREATE TYPE kind AS ENUM ('A', 'B')")
    green.entity("Odd", columns, history=True)
    values = """'a', 'B', '{"a": 1,  "b": 2}', '{"a": 1}', '{x,NULL,"y z"}', '\\x00ff', 'NaN', 1.50, NULL,"""
    spoil(
        green,
        f"INSERT INTO \"Odd\" VALUES ({values} '2020-01-01', '{{}} %s')",
        'INSERT INTO "envio_history_Odd" SELECT t.*, 99, \'SET\' FROM "Odd" t',
    )
    assert (await parts_of(green))["history"][0] is PASSED
    for change in (
        "kind = 'A'",
        """doc = '{"a": 2}'""",
        "docs = NULL",
        "tags = '{x,y}'",
        "raw = ''",
        "number = 1",
        "big = 1.51",
        "flag = false",
        "day = 'infinity'",
        '"a ""quoted"" 100% name" = NULL',
    ):
        spoil(green, 'CREATE TABLE kept AS TABLE "Odd"', f'UPDATE "Odd" SET {change}')
        outcome, words = (await parts_of(green))["history"]
        assert outcome is FAILED, change
        assert "1 row of Odd is not what its newest history says\nOdd a" in words
        spoil(green, 'TRUNCATE "Odd"', 'INSERT INTO "Odd" TABLE kept', "DROP TABLE kept")


async def test_a_key_of_several_columns(green: Belt) -> None:
    """Where the chain is part of the key, rows of two chains may share an id, each with its own history."""
    make(green)
    spoil(
        green,
        'CREATE TABLE "Pool" (id TEXT, "chainId" INTEGER, size NUMERIC, PRIMARY KEY (id, "chainId"))',
        f'CREATE TABLE "envio_history_Pool" (id TEXT, "chainId" INTEGER, size NUMERIC, {CHANGE},'
        ' PRIMARY KEY (id, "chainId", envio_checkpoint_id))',
        'CREATE TABLE "Swap" (id TEXT, "chainId" INTEGER, pool_id TEXT, PRIMARY KEY (id, "chainId"))',
        """INSERT INTO "Pool" VALUES ('p', 1, 5), ('p', 10, 6)""",
        'INSERT INTO "envio_history_Pool" SELECT t.*, 7, \'SET\' FROM "Pool" t',
        """INSERT INTO "Swap" VALUES ('s', 1, 'p'), ('s', 10, 'p')""",
    )
    to_pool = (Reference(entity="Swap", column="pool_id", to="Pool"),)
    parts = await parts_of(green, references=to_pool)
    assert [parts[name][0] for name in ("history", "references", "bounds")] == [PASSED] * 3
    spoil(green, """UPDATE "Pool" SET size = 7 WHERE "chainId" = 10""")
    assert "1 row of Pool is not what" in (await parts_of(green))["history"][1]
    spoil(green, """DELETE FROM "Pool" WHERE "chainId" = 10""")
    assert "1 of 2 references Swap.pool_id" in (await parts_of(green, references=to_pool))["references"][1]


async def test_numbers_as_keys(green: Belt) -> None:
    """Ids and references need not be texts, nor of one type."""
    make(green)
    spoil(
        green,
        'CREATE TABLE "Lot" (id NUMERIC PRIMARY KEY, "chainId" NUMERIC)',
        'CREATE TABLE "Bid" (id INTEGER PRIMARY KEY, lot_id TEXT)',
        'INSERT INTO "Lot" VALUES (1, 1), (2, 10.0)',
        """INSERT INTO "Bid" VALUES (1, '1'), (2, '2')""",
    )
    to_lot = (Reference(entity="Bid", column="lot_id", to="Lot"),)
    parts = await parts_of(green, references=to_lot)
    assert (parts["references"][0], parts["bounds"][0]) == (PASSED, PASSED)
    spoil(green, 'UPDATE "Lot" SET id = 3, "chainId" = 5 WHERE id = 2')
    parts = await parts_of(green, references=to_lot)
    assert (parts["references"][0], parts["bounds"][0]) == (FAILED, FAILED)
    assert "Lot 3" in parts["bounds"][1]


async def test_an_entity_without_a_key(green: Belt) -> None:
    """Its rows are named by where they are."""
    make(green)
    spoil(
        green,
        'CREATE TABLE "Loose" (id TEXT, "chainId" INTEGER, "blockNumber" INTEGER)',
        """INSERT INTO "Loose" VALUES (NULL, 1, 5), (NULL, 1, 5)""",
    )
    assert (await parts_of(green))["bounds"][0] is PASSED
    spoil(green, """INSERT INTO "Loose" VALUES (NULL, 1, 500)""")
    outcome, words = (await parts_of(green))["bounds"]
    assert outcome is FAILED
    assert "Loose a row without key at (0,3)" in words


async def test_keys_that_begin_with_a_chain(green: Belt, blue: Belt) -> None:
    """A key of no chain among keys of chains is strange where no column says it; nobody declared that."""
    for belt in (make(green), make(blue)):
        belt.entity("Holder", '"blockNumber" INTEGER')
        spoil(belt, """INSERT INTO "Holder" SELECT '1-' || n, n FROM generate_series(1, 90) n""")
    spoil(green, """UPDATE "Holder" SET id = '5-x' WHERE id = '1-50'""")
    alone = (await parts_of(green))["bounds"]
    assert alone[0] is Outcome.COULD_NOT_TELL
    assert "1 of 90 keys of Holder begins with no chain of the belt" in alone[1]
    assert (await found(green, says(), serving=blue))["bounds"][0] is FAILED


async def test_two_hundred_columns(green: Belt) -> None:
    """One of them changed."""
    make(green)
    green.entity("Wide", ", ".join(f"c{number} NUMERIC" for number in range(200)), history=True)
    spoil(
        green,
        f"INSERT INTO \"Wide\" VALUES ('a', {', '.join(['1'] * 200)})",
        'INSERT INTO "envio_history_Wide" SELECT t.*, 5, \'SET\' FROM "Wide" t',
    )
    assert (await parts_of(green))["history"][0] is PASSED
    spoil(green, 'UPDATE "Wide" SET c199 = 2')
    assert (await parts_of(green))["history"][0] is FAILED


async def test_three_hundred_entities(green: Belt) -> None:
    """They take a moment, and one row in the last of them is found."""
    make(green)
    spoil(
        green,
        "DO $$ BEGIN FOR n IN 1..300 LOOP"
        """ EXECUTE format('CREATE TABLE "E%s" (id TEXT PRIMARY KEY, "chainId" INT,"""
        """ "blockNumber" INT)', n);"""
        """ EXECUTE format('CREATE TABLE "envio_history_E%s" (id TEXT, "chainId" INT, "blockNumber" INT,"""
        f""" {CHANGE})', n); EXECUTE format('INSERT INTO "E%s" VALUES (1, 1, 20)', n); END LOOP; END $$""",
    )
    began = time.process_time()
    assert (await parts_of(green))["bounds"][0] is PASSED
    assert time.process_time() - began < 15
    spoil(green, 'UPDATE "E300" SET "blockNumber" = 200')
    assert "E300 is above" in (await parts_of(green))["bounds"][1]


async def test_a_table_that_cannot_be_read(green: Belt) -> None:
    """The others are told all the same."""
    make(green)
    spoil(
        green,
        'CREATE TABLE "Locked" (id TEXT PRIMARY KEY, "chainId" INTEGER)',
        "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'onlooker') THEN"
        " CREATE ROLE onlooker LOGIN PASSWORD 'x'; END IF; END $$",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO onlooker",
        'REVOKE SELECT ON "Locked" FROM onlooker',
    )
    onlooker = Belt(dsn=make_conninfo(green.dsn, user="onlooker", password="x"))
    outcome, words = (await parts_of(onlooker))["bounds"]
    assert outcome is Outcome.COULD_NOT_TELL
    assert "the user may not read what the proof needs" in words
    assert "Transfer lies within what is indexed by chainId, blockNumber, timestamp: 200 rows" in words
