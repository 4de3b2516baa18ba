"""The whole history of a real chain against a candidate's rows: all of it passes, and each fault is named."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gate.checks.history import words_of
from gate.observations.history import Unlike
from gate.outcome import Outcome
from gate.policy.chains import Receipts
from tests.live.gate.chain.chains import Anvil, Twist, promise
from tests.live.gate.content.belt import Belt
from tests.live.gate.proof.proving import entity, only, prove, told

Behind = Callable[[Twist], str]


def a_row(belt: Belt) -> Any:
    [[key, block]] = belt.execute('SELECT id, block FROM "Payment" ORDER BY block LIMIT 1')
    return key, block


async def test_all_of_it(candidate: Belt, anvil: Anvil) -> None:
    """Every log has its row, and that is said with numbers."""
    history = await prove(candidate, promise(anvil), anvil.url)
    outcome, found = told(history)
    assert outcome is Outcome.PASSED, found
    assert (only(history).logs, only(history).height) == (4, anvil.height)
    assert entity(history).columns == ("id", "amount", "block", "chain_id")
    assert "4 logs of blocks" in found[0].observed


COPY = """INSERT INTO "Payment" SELECT chain_id || '_{block}_{index}', chain_id, {block}, amount
 FROM "Payment" WHERE id = {key}"""
FAULTS = [
    (Unlike.MISSING, 'DELETE FROM "Payment" WHERE id = {key}'),
    (Unlike.CHANGED, 'UPDATE "Payment" SET amount = 8 WHERE id = {key}'),
    (Unlike.CHANGED, 'UPDATE "Payment" SET amount = -7 WHERE id = {key}'),
    (Unlike.CHANGED, 'UPDATE "Payment" SET amount = 7.000001 WHERE id = {key}'),
    (Unlike.MISSING, """UPDATE "Payment" SET id = id || '0' WHERE id = {key}"""),
    (Unlike.CHANGED, 'UPDATE "Payment" SET block = block + 1 WHERE id = {key}'),
    (Unlike.MISSING, 'UPDATE "Payment" SET block = 1000000 WHERE id = {key}'),
    (Unlike.INVENTED, COPY.replace("{block}", "2").replace("{index}", "77")),
    (Unlike.INVENTED, COPY.replace("{block}", "20").replace("{index}", "0")),
]


@pytest.mark.parametrize(("kind", "statement"), FAULTS)
async def test_one_fault(kind: Unlike, statement: str, candidate: Belt, anvil: Anvil, tmp_path: Path) -> None:
    """It is refused by name: chain, block, log index and kind; also where all of it was proved before."""
    before = await prove(candidate, promise(anvil), anvil.url, kept=tmp_path)
    assert told(before)[0] is Outcome.PASSED
    key, _ = a_row(candidate)
    candidate.execute(statement.replace("{key}", f"'{key}'"))
    history = await prove(candidate, promise(anvil), anvil.url, kept=tmp_path)
    outcome, found = told(history)
    assert outcome is Outcome.FAILED, found
    kinds = {one.kind for one in entity(history).differences}
    assert kind in kinds, found
    assert all(one.chain == anvil.chain and one.block is not None for one in entity(history).differences)
    assert f"chain {anvil.chain}, block" in found[0].observed
    assert "receipts root" in entity(history).confirmed


async def test_a_key_of_another_form(candidate: Belt, anvil: Anvil) -> None:
    """A row that is under no event's name is told apart from those that are."""
    candidate.fill("Payment", ("somebody's own", anvil.chain, 3, 7))
    outcome, found = told(await prove(candidate, promise(anvil), anvil.url))
    assert outcome is Outcome.FAILED, found


async def test_rows_of_a_chain_that_nobody_names(candidate: Belt, anvil: Anvil) -> None:
    """They are no part of what is proved, and are not passed over."""
    candidate.fill("Payment", ("5_3_0", 5, 3, 7))
    outcome, found = told(await prove(candidate, promise(anvil), anvil.url))
    assert outcome is Outcome.COULD_NOT_TELL
    assert "1 row of Payment is of chain 5" in "".join(point.observed for point in found)


async def test_one_provider_without_roots(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """One provider and the belt agree: proved. They do not: nobody can tell, until a second one is asked."""
    unknown: dict[str, Any] = {"receipts": Receipts.UNKNOWN}
    assert told(await prove(candidate, promise(anvil), anvil.url, **unknown))[0] is Outcome.PASSED
    key, _ = a_row(candidate)
    candidate.execute('DELETE FROM "Payment" WHERE id = %s', (key,))
    history = await prove(candidate, promise(anvil), anvil.url, **unknown)
    assert told(history)[0] is Outcome.COULD_NOT_TELL
    assert "alone says so" in entity(history).doubt
    other = behind(lambda _, upstream: upstream())
    history = await prove(candidate, promise(anvil), anvil.url, other, **unknown)
    assert told(history)[0] is Outcome.FAILED
    assert other in entity(history).confirmed
    assert words_of(entity(history).differences[0]).endswith("has no row")


async def test_a_row_id_of_another_form(candidate: Belt, anvil: Anvil) -> None:
    """A right belt is not told to be seeded afresh alone: both forms are shown, and to follow that passes."""
    wrong = replace(promise(anvil), row_id="{chainId}-{blockNumber}-{logIndex}")
    outcome, found = told(await prove(candidate, wrong, anvil.url))
    assert outcome is Outcome.FAILED
    advice = " ".join(point.advice for point in found)
    assert f"calls for keys such as “{anvil.chain}-2-0”" in advice
    assert f"has rows such as “{anvil.chain}_2_0”" in advice
    followed = replace(promise(anvil), row_id="{chainId}_{blockNumber}_{logIndex}")
    assert told(await prove(candidate, followed, anvil.url))[0] is Outcome.PASSED
