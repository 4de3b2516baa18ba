"""Blocks of a real chain that are not final yet, beside a candidate's rows of them."""

from collections.abc import Callable
from typing import Any

import pytest

from gate.observations.history import Unlike, Young
from gate.outcome import Outcome
from gate.policy.chains import Receipts
from tests.live.gate.chain.chains import Anvil, Twist, changing, promise
from tests.live.gate.content.belt import Belt
from tests.live.gate.proof.proving import only, prove, told

Behind = Callable[[Twist], str]
DEPTH = 5
"""The last payment lies in the newest block, and the others far below."""


@pytest.fixture(scope="module", autouse=True)
def _newest(anvil: Anvil) -> None:
    """Other tests of this room may have let the chain go on."""
    if not anvil.ask("eth_getLogs", {"fromBlock": "latest", "toBlock": "latest"}):
        anvil.mine(DEPTH)
        anvil.pay()


@pytest.fixture
def following(candidate: Belt, anvil: Anvil) -> Belt:
    """A candidate that has committed the newest block under the chain's own hash."""
    block = anvil.ask("eth_getBlockByNumber", "latest", False)
    candidate.execute(
        "INSERT INTO envio_checkpoints VALUES (%s, %s, %s, %s, 1)",
        (99, anvil.chain, int(block["number"], 16), block["hash"]),
    )
    return candidate


def young(history: Any) -> Young:
    found = only(history).young
    assert found is not None
    return found


async def test_all_of_it(following: Belt, anvil: Anvil) -> None:
    """Each log has its row, by the hash of its block, and that is said beside what is proved."""
    history = await prove(following, promise(anvil), anvil.url, depth=DEPTH)
    outcome, found = told(history)
    assert outcome is Outcome.PASSED, found
    assert (young(history).logs, young(history).last) == (1, anvil.height)
    assert "1 log by their blocks' hashes, each with its row" in " ".join(found[0].evidence)


LAST = """(SELECT id FROM "Payment" ORDER BY block DESC LIMIT 1)"""
FAULTS = [
    (Unlike.MISSING, f'DELETE FROM "Payment" WHERE id = {LAST}'),
    (Unlike.CHANGED, f'UPDATE "Payment" SET amount = 8 WHERE id = {LAST}'),
    (
        Unlike.INVENTED,
        f"""INSERT INTO "Payment" SELECT chain_id || '_' || block || '_77', chain_id, block, 7
        FROM "Payment" WHERE id = {LAST}""",
    ),
    (
        Unlike.INVENTED,
        f"""INSERT INTO "Payment" SELECT chain_id || '_' || block - 1 || '_0', chain_id, block - 1, 7
        FROM "Payment" WHERE id = {LAST}""",
    ),
]


@pytest.mark.parametrize(("kind", "statement"), FAULTS)
async def test_one_fault(kind: Unlike, statement: str, following: Belt, anvil: Anvil) -> None:
    """It is refused by name, although its block is not final yet."""
    following.execute(statement)
    history = await prove(following, promise(anvil), anvil.url, depth=DEPTH)
    outcome, found = told(history)
    assert outcome is Outcome.FAILED, found
    assert [one.kind for one in young(history).differences] == [kind]
    assert "receipts root" in young(history).confirmed
    assert "in a block that is not final yet and stands" in " ".join(point.observed for point in found)


async def test_one_provider_without_roots(following: Belt, anvil: Anvil) -> None:
    """Nobody else says that the row is wrong: nobody can tell."""
    following.execute(f'DELETE FROM "Payment" WHERE id = {LAST}')
    history = await prove(following, promise(anvil), anvil.url, depth=DEPTH, receipts=Receipts.UNKNOWN)
    assert told(history)[0] is Outcome.COULD_NOT_TELL
    assert "alone says so" in young(history).doubt


async def test_a_block_that_is_undone(following: Belt, anvil: Anvil) -> None:
    """A candidate that has not noticed yet that its newest block is gone is no wrong one."""
    following.execute(f'DELETE FROM "Payment" WHERE id = {LAST}')
    following.execute("UPDATE envio_checkpoints SET block_hash = %s WHERE id = 99", (f"0x{7:064x}",))
    history = await prove(following, promise(anvil), anvil.url, depth=DEPTH)
    assert told(history)[0] is Outcome.PASSED
    assert (young(history).undone, young(history).differences) == (1, ())


async def test_a_block_that_is_undone_meanwhile(following: Belt, anvil: Anvil, behind: Behind) -> None:
    """Nor one whose newest block goes while it is looked at."""
    given, newest = list[str](), hex(anvil.height)

    def change(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getLogs" and "blockHash" in params[0]:
            given.append(params[0]["blockHash"])
        if method == "eth_getBlockByNumber" and params[0] == newest and given:
            return result | {"hash": f"0x{7:064x}"}
        return result

    following.execute(f'DELETE FROM "Payment" WHERE id = {LAST}')
    history = await prove(following, promise(anvil), behind(changing(change)), depth=DEPTH)
    assert given
    assert told(history)[0] is Outcome.PASSED
    assert young(history).undone == 1


async def test_a_candidate_that_keeps_no_hashes(candidate: Belt, anvil: Anvil) -> None:
    """Whether it follows the chain is seen by nobody: what differs is said, and decides nothing."""
    candidate.execute(f'DELETE FROM "Payment" WHERE id = {LAST}')
    history = await prove(candidate, promise(anvil), anvil.url, depth=DEPTH)
    outcome, found = told(history)
    assert outcome is Outcome.PASSED, found
    assert "1 block differs that does not stand on both sides" in " ".join(found[0].evidence)


async def test_a_provider_that_knows_no_hashes(following: Belt, anvil: Anvil, behind: Behind) -> None:
    """Nothing of it is proved then, and that is said."""

    def change(method: str, params: list[Any], result: Any) -> Any:
        return None if method == "eth_getLogs" and "blockHash" in params[0] else result

    history = await prove(following, promise(anvil), behind(changing(change)), depth=DEPTH)
    outcome, found = told(history)
    assert outcome is Outcome.PASSED, found
    assert "nothing is proved" in " ".join(found[0].evidence)
