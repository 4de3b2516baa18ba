"""Entities of unusual shape: without a key, with a key of two columns, with 200 columns, and 300 of them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from gate.observations.history import Unlike
from gate.outcome import Outcome
from gate.policy.groundtruth import GroundTruth
from tests.live.gate.chain.chains import Anvil, Twist, index, promise
from tests.live.gate.content.belt import Belt
from tests.live.gate.proof.proving import entity, only, prove, told
from tests.live.gate.relay import Question, Reply

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

KEYLESS = 'ALTER TABLE "Payment" DROP CONSTRAINT "Payment_pkey"'


async def passes_and_fails(belt: Belt, truth: GroundTruth, anvil: Anvil) -> None:
    """The belt is proved; and is refused by the block of a row that is gone."""
    outcome, found = told(await prove(belt, truth, anvil.url, seconds=60.0))
    assert outcome is Outcome.PASSED, found
    belt.execute('DELETE FROM "Payment" WHERE block = 30')
    history = await prove(belt, truth, anvil.url, seconds=60.0)
    assert told(history)[0] is Outcome.FAILED
    [one] = entity(history).differences
    assert (one.kind, one.block, one.log_index) == (Unlike.MISSING, 30, 0)


async def test_without_a_key(candidate: Belt, anvil: Anvil) -> None:
    """Its rows are told apart by `id`; a row that is there twice is one too many."""
    candidate.execute(KEYLESS)
    history = await prove(candidate, promise(anvil), anvil.url)
    assert told(history)[0] is Outcome.PASSED
    candidate.execute('INSERT INTO "Payment" SELECT * FROM "Payment" WHERE block = 30')
    history = await prove(candidate, promise(anvil), anvil.url)
    assert told(history)[0] is Outcome.FAILED
    [one] = entity(history).differences
    assert (one.kind, one.block) == (Unlike.INVENTED, 30)


async def test_without_a_key_and_an_id(candidate: Belt, anvil: Anvil) -> None:
    """Nothing tells its rows apart, which is said."""
    candidate.execute(KEYLESS)
    candidate.execute('ALTER TABLE "Payment" RENAME COLUMN id TO name')
    outcome, found = told(await prove(candidate, promise(anvil), anvil.url))
    assert outcome is Outcome.COULD_NOT_TELL
    assert "Payment has no key, and `rowId` forms one" in "".join(one.observed for one in found)


async def test_a_key_with_the_chain_in_it(candidate: Belt, anvil: Anvil) -> None:
    """Chain and id together are the key."""
    candidate.execute(KEYLESS)
    candidate.execute('ALTER TABLE "Payment" ADD PRIMARY KEY (chain_id, id)')
    await passes_and_fails(candidate, promise(anvil), anvil)


async def test_a_key_that_no_row_id_forms(candidate: Belt, anvil: Anvil) -> None:
    """Two columns beside the chain are no one key, which is said."""
    candidate.execute(KEYLESS)
    candidate.execute('ALTER TABLE "Payment" ADD PRIMARY KEY (id, amount)')
    outcome, found = told(await prove(candidate, promise(anvil), anvil.url))
    assert outcome is Outcome.COULD_NOT_TELL
    assert "Payment has a key of 2 columns, and `rowId` forms one" in "".join(one.observed for one in found)


@pytest.mark.deep
async def test_two_hundred_columns(candidate: Belt, anvil: Anvil) -> None:
    """Each is compared."""
    names = [f"amount{number}" for number in range(200)]
    added = ", ".join(f"ADD {name} NUMERIC NOT NULL DEFAULT 7" for name in names)
    candidate.execute(f'ALTER TABLE "Payment" {added}')
    truth = promise(anvil, values=tuple((name, "{amount}") for name in names))
    assert told(await prove(candidate, truth, anvil.url))[0] is Outcome.PASSED
    candidate.execute('UPDATE "Payment" SET amount199 = 8 WHERE block = 30')
    history = await prove(candidate, truth, anvil.url)
    assert told(history)[0] is Outcome.FAILED
    [one] = entity(history).differences
    assert (one.column, one.told, one.held) == ("amount199", "7", "8")


@pytest.mark.deep
async def test_three_hundred_entities(green: Belt, anvil: Anvil, behind: Callable[[Twist], str]) -> None:
    """The chain is asked once for all of them, and one row that lacks in one of them is found."""
    index(green, anvil)
    names = [f"Payment{number}" for number in range(300)]
    for name in names:
        green.execute(f'CREATE TABLE "{name}" (LIKE "Payment" INCLUDING ALL)')
        green.execute(f'INSERT INTO "{name}" SELECT * FROM "Payment"')
    asked: list[str] = []

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        body = question.json
        asked.extend(one["method"] for one in (body if isinstance(body, list) else [body]))
        return upstream()

    door = behind(twist)
    truths = [replace(promise(anvil), entity=name) for name in names]
    history = await prove(green, truths, door, seconds=120.0)
    assert told(history)[0] is Outcome.PASSED
    assert len(only(history).entities) == 300
    assert asked.count("eth_getLogs") < 10, asked
    green.execute('DELETE FROM "Payment299" WHERE block = 30')
    history = await prove(green, truths, door, seconds=120.0)
    assert told(history)[0] is Outcome.FAILED
    assert [one.entity for one in only(history).entities if one.differences] == ["Payment299"]
